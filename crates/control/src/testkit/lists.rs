//! Lists, a page at a time.

use std::collections::{BTreeMap, BTreeSet};

use syncapp_model::sync_file::Overlap;

use super::StoreRig;
use super::scene::{LONG, Scene, claim, heartbeat, new_run, progress, schedule, schedule_id, task, version};
use crate::{Moved, Run, RunId, RunList, RunState, RunsOf, Submitted};

/// All of a list, in pages of `limit`.
async fn pages(scene: &Scene, list: &RunList, limit: usize) -> Vec<Run> {
    let mut all: Vec<Run> = Vec::new();
    loop {
        let after = all.last().map(Run::place);
        let page = scene.store.runs(list, after, limit).await.unwrap();
        assert!(page.len() <= limit);
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// The newest first, each once, of whom and in which state it was asked for.
pub async fn runs_come_newest_first(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let mut ids = Vec::new();
    for (project, sync) in [
        ("shop", "a"),
        ("shop", "b"),
        ("other", "a"),
        ("shop", "a"),
        ("shop", "a"),
    ] {
        let mut new = new_run(sync, 1);
        new.project = project.into();
        assert_eq!(scene.store.submit(&new).await.unwrap(), Submitted::Accepted(new.id));
        ids.push(new.id);
        // So that their order in time is one.
        scene.place.pass(std::time::Duration::from_millis(2)).await;
    }
    let project = |name: &str| RunsOf::Project(name.to_owned());
    let sync = RunsOf::Sync(schedule_id("a"));
    let cases = [
        (RunsOf::All, None, vec![4, 3, 2, 1, 0]),
        (project("shop"), None, vec![4, 3, 1, 0]),
        (project("nobody's"), None, vec![]),
        (sync.clone(), None, vec![4, 3, 0]),
        (RunsOf::All, Some(RunState::Queued), vec![2, 1, 0]),
        (project("shop"), Some(RunState::Held), vec![4, 3]),
        (sync.clone(), Some(RunState::Queued), vec![0]),
        (sync, Some(RunState::Done), vec![]),
    ];
    for (of, state, expected) in cases {
        let list = RunList { of, state };
        let expected: Vec<RunId> = expected.into_iter().map(|at: usize| ids[at]).collect();
        for limit in [1, 2, 10] {
            let told: Vec<RunId> = pages(&scene, &list, limit).await.iter().map(|run| run.id).collect();
            assert_eq!(told, expected, "{list:?}, {limit} a page");
        }
    }
    let all = pages(&scene, &RunList::default(), 3).await;
    assert_eq!(scene.store.run(ids[0]).await.unwrap().as_ref(), all.last());
}

/// Runs that come in between two pages come in none of the later ones, and no other one twice or not at all.
pub async fn pages_stay_while_runs_come_in(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let mut before = BTreeSet::new();
    for _ in 0..9 {
        before.insert(scene.submit("orders", 1).await);
    }
    let list = RunList::default();
    let mut told = Vec::new();
    loop {
        let after = told.last().map(Run::place);
        let page = scene.store.runs(&list, after, 2).await.unwrap();
        if page.is_empty() {
            break;
        }
        told.extend(page);
        scene.place.pass(std::time::Duration::from_millis(2)).await;
        scene.submit("orders", 1).await;
    }
    let once: BTreeSet<RunId> = told.iter().map(|run| run.id).collect();
    assert_eq!((told.len(), once), (9, before));
}

/// All streams of a run together, of the runs that were asked for.
pub async fn what_runs_have_moved_is_summed(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let of_two = scene.submit("orders", 3).await;
    let of_none = scene.submit("clicks", 1).await;
    let not_asked_for = scene.submit("people", 1).await;
    for id in [task(of_two, 0), task(of_two, 2), task(not_asked_for, 0)] {
        let claimed = scene.happen(id, &claim(LONG)).await;
        scene.happen(id, &heartbeat(claimed.epoch, LONG)).await;
    }
    let each = progress();
    let sum = Moved {
        rows: 2 * each.written,
        bytes: 2 * each.bytes,
    };
    let moved = scene.store.moved(&[of_none, RunId::new(), of_two]).await.unwrap();
    assert_eq!(moved, BTreeMap::from([(of_two, sum), (of_none, Moved::default())]));
    assert_eq!(scene.store.moved(&[]).await.unwrap(), BTreeMap::new());
}

/// Projects and schedules come in the order of their names.
pub async fn projects_and_schedules_come_by_name(rig: &dyn StoreRig) {
    let scene = Scene::new(rig).await;
    let later = scene.second().await + LONG;
    let of = |name: &str| (name.to_owned(), 1);
    for project in ["b", "a", "c"] {
        let syncs = ["z", "x", "y"].map(|name| (name, Some(schedule("daily", Overlap::Skip))));
        let mut new = version(&syncs, later);
        new.project = project.into();
        scene.store.apply(&new, None).await.unwrap();
    }
    assert_eq!(
        scene.store.projects(None, 10).await.unwrap(),
        [of("a"), of("b"), of("c")]
    );
    assert_eq!(scene.store.projects(Some("a"), 1).await.unwrap(), [of("b")]);
    assert_eq!(scene.store.projects(Some("c"), 10).await.unwrap(), []);
    let again = version(&[("z", None)], later);
    let again = crate::NewVersion {
        project: "a".into(),
        text: "another".into(),
        ..again
    };
    scene.store.apply(&again, Some(1)).await.unwrap();
    let numbers = async |project: &str, before, limit| {
        let told = scene.store.versions(project, before, limit).await.unwrap();
        told.into_iter().map(|(number, _)| number).collect::<Vec<_>>()
    };
    assert_eq!(numbers("a", None, 10).await, [2, 1]);
    assert_eq!(numbers("a", None, 1).await, [2]);
    assert_eq!(numbers("a", Some(2), 10).await, [1]);
    assert_eq!(numbers("a", Some(1), 10).await, [0; 0]);
    assert_eq!(numbers("nobody's", None, 10).await, [0; 0]);
    let names = async |after, limit| {
        let told = scene.store.schedules("b", after, limit).await.unwrap();
        assert!(
            told.iter()
                .all(|schedule| schedule.id.project == "b" && schedule.next_due == Some(later))
        );
        told.into_iter().map(|schedule| schedule.id.sync).collect::<Vec<_>>()
    };
    assert_eq!(names(None, 10).await, ["x", "y", "z"]);
    assert_eq!(names(Some("x"), 1).await, ["y"]);
    assert_eq!(scene.store.schedules("nobody's", None, 10).await.unwrap(), []);
}
