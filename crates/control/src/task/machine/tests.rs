use super::*;
use crate::{PlannedStream, RunId, TaskId};
use std::time::UNIX_EPOCH;
use syncapp_model::Side;
use uuid::Uuid;

const EPOCH: LeaseEpoch = LeaseEpoch(3);
const TTL: Duration = Duration::from_secs(30);

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000)
}

/// A task that came to that state as tasks do; a lease holds for another ten seconds, a wait is over.
fn task(state: TaskState) -> Task {
    let id = TaskId {
        run: RunId(Uuid::nil()),
        number: 0,
    };
    let planned = PlannedStream {
        stream: "public.orders".into(),
        pool: "default".into(),
    };
    let mut task = Task::new(id, &planned, state, now() - Duration::from_mins(1));
    task.epoch = EPOCH;
    task.fruitless = 2;
    task.lost = 2;
    task.started_at = Some(now() - Duration::from_secs(20));
    task.lease_until = state.is_leased().then(|| now() + Duration::from_secs(10));
    task.next_try_at = (state == TaskState::Waiting).then(now);
    task.finished_at = state.is_final().then(now);
    task
}

fn failure(transient: bool) -> Failure {
    let code = if transient {
        Code::ConnectionLost(Side::Source)
    } else {
        Code::UnknownColumn
    };
    Failure::from(&Error::new(code, "it failed"))
}

fn finish(epoch: LeaseEpoch, committed: u64, ending: Ending) -> Event {
    Event::Finish {
        epoch,
        progress: Progress {
            committed,
            ..Progress::default()
        },
        usage: Usage::default(),
        ending,
    }
}

fn failed(transient: bool) -> Ending {
    Ending::Failed {
        failure: failure(transient),
        retry: RetryPolicy::UNATTENDED,
        jitter: 0.0,
    }
}

fn heartbeat(epoch: LeaseEpoch, stalled: bool) -> Event {
    Event::Heartbeat {
        epoch,
        ttl: TTL,
        progress: Progress::default(),
        stalled,
    }
}

fn claim() -> Event {
    Event::Claim {
        worker: "w".into(),
        ttl: TTL,
    }
}

/// Each event, by the word of its row in the table.
fn events() -> Vec<(&'static str, Event)> {
    vec![
        ("admit", Event::Admit),
        ("claim", claim()),
        ("beat", heartbeat(EPOCH, false)),
        ("beat, stalled", heartbeat(EPOCH, true)),
        ("beat, earlier claim", heartbeat(LeaseEpoch(2), false)),
        ("done", finish(EPOCH, 0, Ending::Done)),
        ("done, earlier claim", finish(LeaseEpoch(2), 0, Ending::Done)),
        ("failed, transient", finish(EPOCH, 0, failed(true))),
        ("failed, config", finish(EPOCH, 0, failed(false))),
        ("stopped", finish(EPOCH, 0, Ending::Stopped)),
        ("released", finish(EPOCH, 0, Ending::Released)),
        ("cancel", Event::Cancel),
        ("expire", Event::Expire { losses: 20 }),
    ]
}

/// What becomes of a task in each state by each event: the next state, or in brackets why there is none.
const TABLE: &str = "
                    | held       | queued     | running    | stalled    | cancelling | waiting    | done       | failed     | cancelled
admit               | queued     | (unasked)  | (unasked)  | (unasked)  | (unasked)  | (unasked)  | (ended)    | (ended)    | (ended)
claim               | (notdue)   | running    | (held)     | (held)     | (held)     | running    | (ended)    | (ended)    | (ended)
beat                | (notheld)  | (notheld)  | running    | running    | cancelling | (notheld)  | (ended)    | (ended)    | (ended)
beat, stalled       | (notheld)  | (notheld)  | stalled    | stalled    | cancelling | (notheld)  | (ended)    | (ended)    | (ended)
beat, earlier claim | (fenced)   | (fenced)   | (fenced)   | (fenced)   | (fenced)   | (fenced)   | (ended)    | (ended)    | (ended)
done                | (notheld)  | (notheld)  | done       | done       | done       | (notheld)  | (ended)    | (ended)    | (ended)
done, earlier claim | (fenced)   | (fenced)   | (fenced)   | (fenced)   | (fenced)   | (fenced)   | (ended)    | (ended)    | (ended)
failed, transient   | (notheld)  | (notheld)  | waiting    | waiting    | cancelled  | (notheld)  | (ended)    | (ended)    | (ended)
failed, config      | (notheld)  | (notheld)  | failed     | failed     | cancelled  | (notheld)  | (ended)    | (ended)    | (ended)
stopped             | (notheld)  | (notheld)  | (unasked)  | (unasked)  | cancelled  | (notheld)  | (ended)    | (ended)    | (ended)
released            | (notheld)  | (notheld)  | queued     | queued     | cancelled  | (notheld)  | (ended)    | (ended)    | (ended)
cancel              | cancelled  | cancelled  | cancelling | cancelling | cancelling | cancelled  | (ended)    | (ended)    | (ended)
expire              | (notheld)  | (notheld)  | (held)     | (held)     | (held)     | (notheld)  | (ended)    | (ended)    | (ended)
expire, overdue     | (notheld)  | (notheld)  | queued     | queued     | cancelled  | (notheld)  | (ended)    | (ended)    | (ended)
";

#[test]
fn every_state_and_every_event() {
    let cell = |result: Result<Task, Refusal>| match result {
        Ok(task) => task.state.name().to_owned(),
        Err(refusal) => format!("({})", format!("{refusal:?}").to_lowercase()),
    };
    let row = |word: &str, cells: Vec<String>| {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:<10}")).collect();
        format!("{word:<19} | {}", cells.join(" | ")).trim_end().to_owned()
    };
    let all = || TaskState::ALL.into_iter();
    let mut table = vec![String::new()];
    table.push(row("", all().map(|state| state.name().to_owned()).collect()));
    for (word, event) in events() {
        table.push(row(
            word,
            all()
                .map(|state| cell(transition(&task(state), &event, now())))
                .collect(),
        ));
    }
    let later = now() + Duration::from_secs(10);
    let expire = Event::Expire { losses: 20 };
    table.push(row(
        "expire, overdue",
        all()
            .map(|state| cell(transition(&task(state), &expire, later)))
            .collect(),
    ));
    table.push(String::new());
    assert_eq!(table.join("\n"), TABLE);
}

/// What holds whatever happens.
#[test]
fn what_no_event_breaks() {
    for state in TaskState::ALL {
        for (word, event) in events() {
            for at in [now(), now() + Duration::from_mins(5)] {
                let before = task(state);
                let Ok(after) = transition(&before, &event, at) else {
                    continue;
                };
                let claimed = u64::from(matches!(event, Event::Claim { .. }));
                assert_eq!(after.epoch.0, before.epoch.0 + claimed, "{state:?}, {word}: the epoch");
                let started_at = if claimed == 1 { Some(at) } else { before.started_at };
                assert_eq!(after.started_at, started_at, "{state:?}, {word}: the attempt");
                assert_eq!(
                    after.lease_until.is_some(),
                    after.state.is_leased(),
                    "{state:?}, {word}"
                );
                assert_eq!(after.finished_at.is_some(), after.state.is_final(), "{state:?}, {word}");
                let waits = after.state == TaskState::Waiting;
                assert_eq!(after.next_try_at.is_some(), waits, "{state:?}, {word}");
                let queued = after.state == TaskState::Queued;
                assert!(
                    !queued || after.hinted_at == at,
                    "{state:?}, {word}: the outbox gets a row"
                );
            }
        }
    }
}

#[test]
fn a_claim_waits_for_its_time() {
    let mut waiting = task(TaskState::Waiting);
    waiting.next_try_at = Some(now() + Duration::from_secs(1));
    assert_eq!(transition(&waiting, &claim(), now()), Err(Refusal::NotDue));
    let claimed = transition(&waiting, &claim(), now() + Duration::from_secs(1)).unwrap();
    assert_eq!(claimed.lease_until, Some(now() + Duration::from_secs(31)));
    assert_eq!(claimed.worker.as_deref(), Some("w"));
}

/// Failures before, rows committed in this attempt, and what comes of another failure: failures, and the wait.
#[test]
fn a_failure_that_made_progress_does_not_use_up_the_budget() {
    let cases = [
        (0, 0, 1, Some(10)),
        (1, 0, 2, Some(30)),
        (6, 0, 7, Some(1800)),
        (6, 5, 1, Some(10)),
        (7, 5, 1, Some(10)),
        (7, 0, 8, None),
    ];
    for (before, committed, fruitless, wait) in cases {
        let mut running = task(TaskState::Running);
        running.fruitless = before;
        let after = transition(&running, &finish(EPOCH, committed, failed(true)), now()).unwrap();
        let waits = after.next_try_at.map(|at| at.duration_since(now()).unwrap().as_secs());
        assert_eq!((after.fruitless, waits), (fruitless, wait), "{before}, {committed}");
        assert_eq!((after.lost, after.error), (0, Some(failure(true).error)));
    }
}

/// What the others of a pattern have landed says nothing of the stream that fails: they may land anew each time.
#[test]
fn a_pattern_makes_progress_where_what_failed_did() {
    let mut running = task(TaskState::Running);
    running.stream = "public.*".into();
    let fails = |stepped| {
        let Ending::Failed { failure, retry, jitter } = failed(true) else {
            unreachable!("it says that it failed")
        };
        let failure = Failure { stepped, ..failure };
        let ending = Ending::Failed { failure, retry, jitter };
        transition(&running, &finish(EPOCH, 5, ending), now())
            .unwrap()
            .fruitless
    };
    assert_eq!((fails(false), fails(true)), (3, 1));
    running.progress.committed = 5;
    let expire = Event::Expire { losses: 20 };
    let after = transition(&running, &expire, now() + Duration::from_secs(10)).unwrap();
    assert_eq!(after.lost, 3);
}

#[test]
fn a_task_that_kills_its_workers_ends() {
    for (before, committed, lost, state) in [
        (0, 0, 1, TaskState::Queued),
        (18, 0, 19, TaskState::Queued),
        (19, 5, 1, TaskState::Queued),
        (19, 0, 20, TaskState::Failed),
    ] {
        let mut running = task(TaskState::Running);
        running.lost = before;
        running.progress.committed = committed;
        let expire = Event::Expire { losses: 20 };
        let after = transition(&running, &expire, now() + Duration::from_secs(10)).unwrap();
        assert_eq!((after.lost, after.state), (lost, state), "{before}, {committed}");
        let code = after.error.map(|error| error.code);
        let expected = (state == TaskState::Failed).then(|| "run.worker_lost".to_owned());
        assert_eq!(code, expected);
    }
}

#[test]
fn what_landed_forgets_its_failures() {
    let mut running = task(TaskState::Running);
    running.error = Some(failure(true).error);
    let usage = |seconds, peak_bytes| Usage {
        cpu: Duration::from_secs(seconds),
        peak_bytes,
    };
    running.usage = usage(1, 20);
    let done = Event::Finish {
        epoch: EPOCH,
        progress: Progress::default(),
        usage: usage(2, 10),
        ending: Ending::Done,
    };
    let after = transition(&running, &done, now()).unwrap();
    assert_eq!((after.error, after.usage), (None, usage(3, 20)));
}

/// When a hint is wanted: the state, seconds since the newest hint, seconds since the wait was over.
#[test]
fn a_hint_is_wanted_when_the_last_one_came_to_nothing() {
    let ago = |seconds| now() - Duration::from_secs(seconds);
    for (state, hinted, due, wanted) in [
        (TaskState::Queued, 59, None, false),
        (TaskState::Queued, 60, None, true),
        (TaskState::Waiting, 20, Some(0), true),
        (TaskState::Waiting, 20, Some(30), false),
        (TaskState::Waiting, 60, Some(70), true),
        (TaskState::Running, 600, None, false),
        (TaskState::Held, 600, None, false),
        (TaskState::Done, 600, None, false),
    ] {
        let mut task = task(state);
        task.hinted_at = ago(hinted);
        task.next_try_at = due.map(ago);
        let wants = task.wants_hint(now(), Duration::from_mins(1));
        assert_eq!(wants, wanted, "{state:?}, {hinted}, {due:?}");
    }
    let mut early = task(TaskState::Waiting);
    early.next_try_at = Some(now() + Duration::from_secs(1));
    early.hinted_at = ago(600);
    assert!(!early.wants_hint(now(), Duration::from_mins(1)));
}
