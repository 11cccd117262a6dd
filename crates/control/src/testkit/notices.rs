//! Who is told of the ends of runs.

use futures_util::future::join_all;

use syncapp_model::RetryPolicy;

use super::StoreRig;
use super::scene::{LONG, SHORT, Scene, claim, failed, finish, task};
use crate::{Ending, Event, RunId, RunState};

/// Carries the one task of a run to an end.
async fn end(scene: &Scene, sync: &str, ending: Ending) -> RunId {
    let run = scene.submit(sync, 1).await;
    let claimed = scene.happen(task(run, 0), &claim(LONG)).await;
    scene.happen(claimed.id, &finish(claimed.epoch, ending)).await;
    scene.pass_short().await;
    run
}

/// A failure that is not tried again.
fn fatal() -> Ending {
    match failed(SHORT) {
        Ending::Failed { failure, jitter, .. } => Ending::Failed {
            failure,
            retry: RetryPolicy {
                attempts: 1,
                ..RetryPolicy::default()
            },
            jitter,
        },
        other => other,
    }
}

fn channels(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Runs that have ended come in the order of their ends, each with how the one before it of its sync ended, until it is settled
/// who is told; cancelled ones do not count as before.
pub async fn an_end_is_announced_once(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let first = end(&scene, "a", Ending::Done).await;
    let second = end(&scene, "a", fatal()).await;
    let stopped = scene.submit("a", 1).await;
    scene.store.cancel(stopped).await.unwrap();
    scene.pass_short().await;
    let last = end(&scene, "a", Ending::Done).await;
    let other = end(&scene, "b", fatal()).await;
    let going = scene.submit("b", 1).await;
    scene.happen(task(going, 0), &claim(LONG)).await;
    let ended = scene.store.unannounced(LONG, 10).await.unwrap();
    let told: Vec<_> = ended
        .iter()
        .map(|ended| (ended.run.id, ended.run.state, ended.before))
        .collect();
    let expected = [
        (first, RunState::Done, None),
        (second, RunState::Failed, Some(RunState::Done)),
        (stopped, RunState::Cancelled, Some(RunState::Failed)),
        (last, RunState::Done, Some(RunState::Failed)),
        (other, RunState::Failed, None),
    ];
    assert_eq!(told, expected);
    assert_eq!(scene.store.unannounced(LONG, 2).await.unwrap(), ended[..2]);
    assert_eq!(
        scene.store.unannounced(SHORT / 100, 10).await.unwrap(),
        [],
        "old ones are no news"
    );
    let doors = scene.doors().await;
    let both = channels(&["mail", "hook"]);
    let settled = join_all(doors.iter().map(|door| door.announce(second, &both))).await;
    assert_eq!(settled.into_iter().filter(|settled| *settled == Ok(true)).count(), 1);
    for run in [first, stopped, last, other] {
        assert!(scene.store.announce(run, &[]).await.unwrap());
    }
    assert_eq!(scene.store.unannounced(LONG, 10).await.unwrap(), []);
    assert!(!scene.store.announce(RunId::new(), &both).await.unwrap(), "no run");
    assert_eq!(scene.store.take_notices(10, LONG).await.unwrap().len(), 2);
}

/// A notice comes again until it is told, and not before its time; it goes with its run.
pub async fn who_is_told_is_told_until_it_is(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = end(&scene, "a", fatal()).await;
    scene.store.announce(run, &channels(&["hook", "mail"])).await.unwrap();
    let taken = scene.store.take_notices(10, LONG).await.unwrap();
    let names: Vec<_> = taken
        .iter()
        .map(|notice| (notice.run, notice.channel.as_str(), notice.tries))
        .collect();
    assert_eq!(names, [(run, "hook", 1), (run, "mail", 1)]);
    assert_eq!(scene.store.take_notices(10, LONG).await.unwrap(), []);
    scene.store.told(run, "hook").await.unwrap();
    scene.store.told(run, "hook").await.unwrap();
    scene.store.postpone(run, "mail", SHORT).await.unwrap();
    scene.pass_short().await;
    for tries in 2..4 {
        let again = scene.store.take_notices(10, SHORT).await.unwrap();
        assert_eq!(again.len(), 1);
        assert_eq!((again[0].channel.as_str(), again[0].tries), ("mail", tries));
        scene.pass_short().await;
    }
    scene.store.postpone(run, "mail", SHORT / 100).await.unwrap();
    scene.pass_short().await;
    assert_eq!(scene.store.forget(SHORT, 10).await.unwrap(), 1);
    assert_eq!(scene.store.take_notices(10, LONG).await.unwrap(), []);
}

/// Of those who take notices at once, each notice goes to one.
pub async fn a_notice_is_taken_once(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("a", 1).await;
    scene.happen(task(run, 0), &Event::Cancel).await;
    let names: Vec<String> = (0..30).map(|number| format!("channel {number:02}")).collect();
    scene.store.announce(run, &names).await.unwrap();
    let doors = scene.doors().await;
    let taken = join_all(doors.iter().map(|door| door.take_notices(4, LONG))).await;
    let mut taken: Vec<String> = taken
        .into_iter()
        .flat_map(|taken| taken.unwrap())
        .map(|notice| notice.channel)
        .collect();
    taken.extend(
        scene
            .store
            .take_notices(100, LONG)
            .await
            .unwrap()
            .into_iter()
            .map(|notice| notice.channel),
    );
    taken.sort_unstable();
    assert_eq!(taken, names);
}
