//! Everything at once.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join, join_all};

use super::StoreRig;
use super::scene::{LONG, MANY, SHORT, Scene, claim, failed, finish, heartbeat, new_run, task};
use crate::{Ending, Event, LeaseEpoch, Run, RunList, RunState, Store, TaskId, TaskState, Verdict};

/// How many steps each of those goes who are at work at once.
const STEPS: u64 = 30;

/// Whatever many do at once, no call fails, none waits for another for ever, and each run is what its tasks make of it.
pub async fn much_at_once_stays_whole(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let doors = scene.doors().await;
    join_all((1..).zip(&doors).map(|(seed, door)| work(door, seed))).await;
    agree(&scene).await;
    settle(&scene).await;
    for run in agree(&scene).await {
        assert!(run.state.is_final() && run.finished_at.is_some(), "{run:?}");
    }
}

/// Tasks of one run are claimed and fail at once: the run stands where they say.
pub async fn a_run_is_what_its_tasks_make_of_it(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("orders", MANY).await;
    let doors = scene.doors().await;
    for round in 0..10 {
        // Every other one claims, and the others let go of what they claimed in the round before.
        let turn = async |(number, door): (u32, &Arc<dyn Store>)| {
            let event = if number % 2 == round % 2 {
                claim(LONG)
            } else {
                finish(LeaseEpoch(u64::from(round.div_ceil(2))), failed(Duration::ZERO))
            };
            let verdict = door.happen(task(run, number), &event).await.unwrap();
            let is_first = round == 0 && number % 2 == 1;
            assert_eq!(
                matches!(verdict, Verdict::Held(_)),
                !is_first,
                "round {round}: {verdict:?}"
            );
        };
        join_all((0..).zip(&doors).map(turn)).await;
        agree(&scene).await;
    }
    // One that is claimed while the only other one fails.
    for round in 0..40 {
        let run = scene.submit(&format!("items {round}"), 2).await;
        scene.happen(task(run, 0), &claim(LONG)).await;
        let (fails, claims) = (finish(LeaseEpoch(1), failed(LONG)), claim(LONG));
        let (failed, claimed) = join(
            doors[0].happen(task(run, 0), &fails),
            doors[1].happen(task(run, 1), &claims),
        )
        .await;
        assert!(matches!(
            (failed, claimed),
            (Ok(Verdict::Held(_)), Ok(Verdict::Held(_)))
        ));
    }
    agree(&scene).await;
}

/// Each run stands where its tasks say.
async fn agree(scene: &Scene) -> Vec<Run> {
    let runs = all(&scene.store).await;
    assert!(!runs.is_empty());
    for run in &runs {
        let tasks = scene.store.tasks(run.id).await.unwrap();
        let states: Vec<TaskState> = tasks.iter().map(|task| task.state).collect();
        assert_eq!(run.state, RunState::of(states.iter().copied()), "{states:?}");
    }
    runs
}

/// One of them: what it does is drawn from its seed.
async fn work(door: &Arc<dyn Store>, seed: u64) {
    let mut chance = seed;
    for _ in 0..STEPS {
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let draw = chance >> 33;
        let runs = door.runs(&RunList::default(), None, 8).await.unwrap();
        let Some(run) = runs
            .get((draw / 8) as usize % 8)
            .map(|run| run.id)
            .filter(|_| draw % 8 > 1)
        else {
            let sync = ["a", "b"][(draw / 8) as usize % 2];
            door.submit(&new_run(sync, 3)).await.unwrap();
            continue;
        };
        let id = task(run, (draw / 64) as u32 % 3);
        match draw % 8 {
            2..=4 => carry(door, id, draw / 256).await,
            5 => drop(door.cancel(run).await.unwrap()),
            6 => {
                let taken = door.take(10, LONG).await.unwrap();
                let rows: Vec<u64> = taken.iter().map(|row| row.id).collect();
                door.sent(&rows).await.unwrap();
            }
            _ => {
                door.rouse(SHORT, 10).await.unwrap();
                sweep(door).await;
                door.forget(LONG, 10).await.unwrap();
            }
        }
    }
}

/// Claims a task, beats, and ends it in one way or another, or lets it lie.
async fn carry(door: &Arc<dyn Store>, id: TaskId, draw: u64) {
    let ttl = if draw.is_multiple_of(4) { SHORT } else { LONG };
    let Verdict::Held(claimed) = door.happen(id, &claim(ttl)).await.unwrap() else {
        return;
    };
    door.happen(id, &heartbeat(claimed.epoch, ttl)).await.unwrap();
    let ending = match draw % 4 {
        0 => return,
        1 => Ending::Done,
        2 => failed(SHORT),
        _ => Ending::Released,
    };
    door.happen(id, &finish(claimed.epoch, ending)).await.unwrap();
}

async fn sweep(door: &Arc<dyn Store>) {
    for expired in door.expired(100).await.unwrap() {
        door.happen(expired, &Event::Expire { losses: 3 }).await.unwrap();
    }
}

/// Lets all that is left come to its end, by hints alone.
async fn settle(scene: &Scene) {
    for _ in 0..200 {
        scene.pass_short().await;
        sweep(&scene.store).await;
        scene.store.rouse(SHORT, 1000).await.unwrap();
        for id in scene.hinted().await {
            if let Verdict::Held(claimed) = scene.store.happen(id, &claim(LONG)).await.unwrap() {
                assert_eq!(claimed.state, TaskState::Running);
                scene.happen(id, &finish(claimed.epoch, Ending::Done)).await;
            }
        }
        if all(&scene.store).await.iter().all(|run| run.state.is_final()) {
            return;
        }
    }
    panic!("runs are left that nobody gets a hint to");
}

async fn all(store: &Arc<dyn Store>) -> Vec<Run> {
    store.runs(&RunList::default(), None, 10_000).await.unwrap()
}
