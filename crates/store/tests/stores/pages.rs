//! A store with many runs: a page costs what its own rows cost.
//!
//! The runs are those of 40 syncs of 10 projects, one a second until now; run n is of project `p{n % 10}` and sync
//! `s{n % 40}`. The newest thousandth goes on, of the others one in a thousand failed and the rest is done.

use std::time::{Duration, Instant, SystemTime};

use syncapp_control::access::{
    AccessStore, AccountChange, AuditKey, Caller, Changed, Digest, Grant, Identity, NewSession, NewToken, NewUser,
    Role, TokenId, UserId,
};
use syncapp_control::{
    Ending, Event, KeyId, Limit, Limits, NewRun, PlannedStream, Progress, Run, RunId, RunList, RunState, RunsOf,
    ScheduleId, SealedKey, SealedSecret, SecretId, Store, TaskId, Trigger, Usage, Verdict,
};
use syncapp_model::Secret;
use syncapp_model::sync_file::Overlap;
use uuid::Uuid;

/// How many runs there are; `SYNCAPP_TEST_RUNS` says otherwise.
const RUNS: u64 = 50_000;

/// What a page of 50 runs may take.
const QUICK: Duration = Duration::from_millis(50);

pub(crate) fn runs() -> u64 {
    std::env::var("SYNCAPP_TEST_RUNS").map_or(RUNS, |runs| runs.parse().unwrap())
}

/// Every kind of list, with states that many runs have, that few have, and that none has.
fn lists() -> Vec<RunList> {
    let sync = ScheduleId {
        project: "p3".into(),
        sync: "s3".into(),
    };
    let mut lists = Vec::new();
    for of in [RunsOf::All, RunsOf::Project("p3".into()), RunsOf::Sync(sync)] {
        for state in [
            None,
            Some(RunState::Done),
            Some(RunState::Failed),
            Some(RunState::Cancelled),
        ] {
            lists.push(RunList { of: of.clone(), state });
        }
    }
    lists
}

/// The first page, one from the middle of what there is, and the one after it: how long the longest took.
async fn page(store: &dyn Store, list: &RunList, runs: u64) -> Duration {
    let mut longest = Duration::ZERO;
    let middle = SystemTime::now() - Duration::from_secs(runs / 2);
    let mut after = None;
    for place in 0..3 {
        let (page, took) = best_of(3, async || store.runs(list, after, 50).await.unwrap()).await;
        longest = longest.max(took);
        after = page.last().map(Run::place).or(after);
        if place == 0
            && let Some(after) = &mut after
        {
            after.submitted_at = middle;
        }
    }
    longest
}

/// The shortest of so many times: what the others took longer is the machine's.
async fn best_of<T>(times: usize, work: impl AsyncFn() -> T) -> (T, Duration) {
    let mut best: Option<(T, Duration)> = None;
    for _ in 0..times {
        let begun = Instant::now();
        let done = work().await;
        let took = begun.elapsed();
        if best.as_ref().is_none_or(|(_, best)| took < *best) {
            best = Some((done, took));
        }
    }
    best.expect("it was done once")
}

/// Each page of each list comes in time.
pub(crate) async fn are_quick(store: &dyn Store, runs: u64) {
    let mut longest = Duration::ZERO;
    for list in lists() {
        // The first call of a kind prepares its statement.
        store.runs(&list, None, 1).await.unwrap();
        let took = page(store, &list, runs).await;
        longest = longest.max(took);
    }
    assert!(longest < QUICK, "a page took {longest:?}");
}

/// What loops and hosts ask for besides, more often than a plan is made for what is bound.
pub(crate) async fn ask_all_else(store: &dyn Store, runs: u64) {
    let newest = store.runs(&RunList::default(), None, 1).await.unwrap().remove(0);
    let place = ScheduleId {
        project: newest.project,
        sync: newest.sync,
    };
    let hour = Duration::from_hours(1);
    for _ in 0..8 {
        store.expired(100).await.unwrap();
        store.rouse(Duration::from_mins(1), 100).await.unwrap();
        store.take(100, hour).await.unwrap();
        store.unfollowed(100).await.unwrap();
        store.due(100).await.unwrap();
        store.due_of(&place).await.unwrap();
        store.next_due().await.unwrap();
        store.ticks(&place, SystemTime::now() - hour, 100).await.unwrap();
        store.projects(None, 100).await.unwrap();
        store.schedules("p3", Some("z2"), 100).await.unwrap();
        store.versions("p3", Some(2), 100).await.unwrap();
        store.pause(&place).await.unwrap();
        store.paused("p3").await.unwrap();
        assert!(store.resume(&place).await.unwrap());
        store.forget(Duration::from_secs(runs - runs / 10), 100).await.unwrap();
        store.run(newest.id).await.unwrap();
        store.tasks(newest.id).await.unwrap();
        store.cancel(newest.id).await.unwrap();
        let new = NewRun {
            id: RunId::new(),
            project: place.project.clone(),
            version: 1,
            sync: place.sync.clone(),
            trigger: Trigger::Manual,
            key: None,
            overlap: Overlap::Queue,
            limits: Limits::default(),
            streams: Vec::new(),
            trace: None,
        };
        store.submit(&new).await.unwrap();
        limited(store, &new).await;
        secrets(store).await;
    }
}

/// What accounts and the audit log are asked for.
pub(crate) async fn ask_accounts(store: &dyn AccessStore) {
    let (by, key) = (Caller::agent().from("192.0.2.1"), AuditKey::of("a key"));
    let minute = Duration::from_mins(1);
    for number in 0..8 {
        let user = NewUser {
            id: UserId(Uuid::new_v4()),
            name: format!("new{number}"),
            grants: Vec::new(),
            password: Some(Secret::new("hash")),
            identity: None,
        };
        let digest = Digest::of(&user.name);
        let id = user.id;
        let token = NewToken {
            id: TokenId(Uuid::new_v4()),
            digest,
            name: "ci".into(),
            grant: Grant::all(Role::Viewer),
            owner: Some(id),
            life: None,
        };
        let session = NewSession {
            digest,
            user: id,
            password: user.password.clone(),
            life: minute,
        };
        let known = token.id;
        for change in [
            AccountChange::AddUser(user),
            AccountChange::AddToken(token),
            AccountChange::Open(session),
        ] {
            let changed = store.change(&change, &by, &key).await.unwrap();
            assert!(matches!(changed, Changed::Done(_)), "{changed:?}");
        }
        assert!(store.user(id).await.unwrap().is_some());
        assert!(store.user_named(&format!("new{number}")).await.unwrap().is_some());
        assert!(store.token(&digest).await.unwrap().is_some());
        assert!(store.session(&digest, minute).await.unwrap().is_some());
        store.token_of(known).await.unwrap();
        store.token_used(known, minute).await.unwrap();
        store.session_used(&digest, minute).await.unwrap();
        let identity = Identity {
            issuer: "https://id.example".into(),
            subject: number.to_string(),
        };
        store.user_identified(&identity).await.unwrap();
        store.users(Some("user5"), 50).await.unwrap();
        store.tokens(Some(known), 50).await.unwrap();
        store.entries(5000, 50).await.unwrap();
        store.newest_entries(Some(5000), 50).await.unwrap();
        store.newest_entries(None, 50).await.unwrap();
        store.audit_head().await.unwrap();
        for change in [
            AccountChange::RevokeToken(known),
            AccountChange::SetDisabled {
                user: id,
                disabled: true,
            },
        ] {
            store.change(&change, &by, &key).await.unwrap();
        }
    }
}

/// A run whose connection is limited, from its begin to its end.
async fn limited(store: &dyn Store, new: &NewRun) {
    let limit = Limit {
        connection: "from".into(),
        streams: 1,
    };
    let new = NewRun {
        id: RunId::new(),
        sync: "limited".into(),
        limits: Limits {
            source: Some(limit),
            destination: None,
        },
        trace: None,
        streams: vec![PlannedStream {
            stream: "public.orders".into(),
            pool: "default".into(),
        }],
        ..new.clone()
    };
    store.submit(&new).await.unwrap();
    let task = TaskId { run: new.id, number: 0 };
    let claim = Event::Claim {
        worker: "worker".into(),
        ttl: Duration::from_mins(1),
    };
    let Verdict::Held(claimed) = store.happen(task, &claim).await.unwrap() else {
        panic!("it is free");
    };
    let finish = Event::Finish {
        epoch: claimed.epoch,
        progress: Progress::default(),
        usage: Usage::default(),
        ending: Ending::Done,
    };
    store.happen(task, &finish).await.unwrap();
}

/// A secret, from its first version to its end.
async fn secrets(store: &dyn Store) {
    let old = KeyId("old".into());
    let sealed = |version| SealedSecret {
        data_key: SealedKey {
            id: SecretId::new("p3", "password").unwrap(),
            version,
            key: old.clone(),
            sealed: vec![version as u8; 72],
        },
        sealed: vec![0; 40],
        set_by: Some("user ada".into()),
    };
    for version in 1..=2 {
        assert!(store.put_sealed(&sealed(version)).await.unwrap());
    }
    let SealedSecret { data_key, .. } = sealed(2);
    let new = KeyId("new".into());
    assert!(store.reseal(&data_key, &new, &[1]).await.unwrap());
    assert_eq!(store.secrets("p3", None, 100).await.unwrap()[0].version, 2);
    assert_eq!(store.not_under(&new, Some(&data_key.id), 100).await.unwrap().len(), 100);
    assert!(store.sealed(&data_key.id).await.unwrap().is_some());
    assert!(store.delete_sealed(&data_key.id).await.unwrap());
}
