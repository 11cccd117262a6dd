//! What is kept of a run's log.

use futures_util::future::join_all;

use super::StoreRig;
use super::scene::{MANY, SHORT, Scene, claim, finish, task};
use crate::{Ending, ErrorRecord, LOG_IS_FULL, LogLevel, LogLine, MAX_LOG, RunId};

fn line(number: usize) -> LogLine {
    LogLine::info("public.\"t 0\"", format!("line {number}"))
}

/// Lines come back as they were written, numbered from 1 on, a page at a time; whoever writes at once, each keeps its order.
pub async fn lines_come_in_their_order(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let (run, other) = (scene.submit("a", 1).await, scene.submit("b", 1).await);
    let error = ErrorRecord {
        code: "source.auth_failed".into(),
        text: "»it«\nbroke".into(),
        help: Some("mend it".into()),
    };
    let lines = [line(0), LogLine::error("s", error), LogLine::of_run("stopped")];
    let before = scene.store.now().await.unwrap();
    scene.store.log(run, &lines).await.unwrap();
    scene.store.log(run, &[]).await.unwrap();
    let logged = scene.store.logged(run, 0, 10).await.unwrap();
    let numbers: Vec<u32> = logged.iter().map(|logged| logged.number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(
        logged.iter().map(|logged| logged.line.clone()).collect::<Vec<_>>(),
        lines
    );
    let after = scene.store.now().await.unwrap();
    assert!(logged.iter().all(|logged| (before..=after).contains(&logged.at)));
    assert_eq!(scene.store.logged(run, 1, 1).await.unwrap(), [logged[1].clone()]);
    assert_eq!(scene.store.logged(run, 3, 10).await.unwrap(), []);
    assert_eq!(scene.store.logged(other, 0, 10).await.unwrap(), []);
    let doors = scene.doors().await;
    let write = |(number, door): (usize, &std::sync::Arc<dyn crate::Store>)| {
        let door = door.clone();
        async move { door.log(other, &[line(number), line(number + 100)]).await }
    };
    join_all(doors.iter().enumerate().map(write))
        .await
        .into_iter()
        .for_each(|written| written.unwrap());
    let logged = scene.store.logged(other, 0, 100).await.unwrap();
    let numbers: Vec<u32> = logged.iter().map(|logged| logged.number).collect();
    assert_eq!(numbers, (1..=2 * MANY as u32).collect::<Vec<_>>());
    let place = |text: &str| logged.iter().position(|logged| logged.line.text == text).unwrap();
    for number in 0..MANY {
        assert!(place(&format!("line {number}")) < place(&format!("line {}", number + 100)));
    }
}

/// A log holds so many lines, and its last one says that there were more.
pub async fn a_log_is_bounded(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("a", 1).await;
    let lines: Vec<LogLine> = (0..MAX_LOG as usize - 2).map(line).collect();
    scene.store.log(run, &lines).await.unwrap();
    for _ in 0..2 {
        scene.store.log(run, &[line(1), line(2), line(3)]).await.unwrap();
    }
    let last = scene.store.logged(run, MAX_LOG - 3, 10).await.unwrap();
    let texts: Vec<&str> = last.iter().map(|logged| logged.line.text.as_str()).collect();
    assert_eq!(texts, [&*format!("line {}", MAX_LOG - 3), "line 1", LOG_IS_FULL]);
    assert_eq!(last[2].line.level, LogLevel::Warning);
}

/// It is forgotten with its run; of a run that is not there nothing is kept.
pub async fn a_log_goes_with_its_run(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let run = scene.submit("a", 1).await;
    scene.store.log(run, &[line(1)]).await.unwrap();
    let claimed = scene.happen(task(run, 0), &claim(SHORT)).await;
    scene.happen(claimed.id, &finish(claimed.epoch, Ending::Done)).await;
    scene.store.followed(run).await.unwrap();
    scene.pass_short().await;
    assert_eq!(scene.store.forget(SHORT, 10).await.unwrap(), 1);
    assert_eq!(scene.store.logged(run, 0, 10).await.unwrap(), []);
    let unknown = RunId::new();
    scene.store.log(unknown, &[line(1)]).await.unwrap();
    assert_eq!(scene.store.logged(unknown, 0, 10).await.unwrap(), []);
}
