//! Checkpoints: kept with the rows, listed, set, forgotten.

use syncapp_model::{Checkpoint, Code, Position, Scalar, StreamKey};

use super::{Flow, Rig, Table, checkpoint};
use crate::StateScope;

fn sorted(mut checkpoint: Checkpoint) -> Checkpoint {
    if let Some(position) = &mut checkpoint.position {
        position.landed.sort_unstable();
    }
    checkpoint
}

/// Where this target keeps its states.
fn scope(flow: &Flow, table: &Table) -> StateScope {
    StateScope {
        namespaces: vec![flow.system.target(&table.name).namespace],
    }
}

/// With every kind of cursor, and the rows that landed at it; each replaces the one before.
pub async fn a_checkpoint_comes_back(rig: &dyn Rig) {
    let flow = Flow::new(rig).await;
    let table = Table::texts("resumed");
    let target = flow.target(&table, rig.abilities().writes[0]);
    let cursors = [
        Scalar::Int(i64::MIN),
        Scalar::Decimal("-12345678901234567890.10".into()),
        Scalar::Text("quote ' \" \\ \n é 🦀".into()),
        Scalar::Date(-719_162),
        Scalar::Timestamp(-62_135_596_800_000_001),
        Scalar::TimestampTz(1_700_000_000_123_456),
        Scalar::Uuid([255; 16]),
    ];
    let landed = [
        vec![(1, 1), (u128::MAX, 3), (1 << 127, u64::from(u32::MAX))],
        vec![(1, 2), (u128::MAX, 3)],
        vec![],
        (0..3000).map(|hash| (hash * 7, 2)).collect(),
    ];
    for (at, cursor) in cursors.into_iter().enumerate() {
        let wanted = sorted(Checkpoint {
            position: Some(Position {
                through: cursor.clone(),
                cursor,
                table: None,
                landed: landed[at % 4].clone(),
            }),
            rows: at as u64 * 1000,
        });
        flow.load(&target, &[table.text_rows(&[(at as i64, "x")])], &wanted)
            .await
            .expect("load");
        let claim = flow.system.destination().claim(&target).await.expect("claim");
        assert_eq!(claim.checkpoint.map(sorted), Some(wanted));
    }
    let plain = Checkpoint {
        position: None,
        rows: 9,
    };
    flow.load(&target, &[], &plain).await.expect("load");
    let claim = flow.system.destination().claim(&target).await.expect("claim");
    assert_eq!(claim.checkpoint, Some(plain));
}

/// Every stream's state, with its epoch; none where nothing was ever claimed.
pub async fn states_are_listed(rig: &dyn Rig) {
    let (flow, write) = (Flow::new(rig).await, rig.abilities().writes[0]);
    let tables = [Table::texts("one"), Table::texts("two")];
    let scope = scope(&flow, &tables[0]);
    assert_eq!(flow.system.destination().states(&scope).await.expect("states"), vec![]);
    for (table, rows) in tables.iter().zip([11, 22]) {
        let target = flow.target(table, write);
        flow.load(&target, &[table.text_rows(&[(1, "x")])], &checkpoint(rows))
            .await
            .expect("load");
    }
    let third = flow.target(&Table::texts("three"), write);
    let epoch = flow.claim(&third).await.expect("claim");
    let mut states = flow.system.destination().states(&scope).await.expect("states");
    states.sort_by(|a, b| a.key.cmp(&b.key));
    let got: Vec<_> = states
        .iter()
        .map(|state| (state.key.stream.as_str(), state.checkpoint.clone()))
        .collect();
    assert_eq!(
        got,
        [
            ("one", Some(checkpoint(11))),
            ("three", None),
            ("two", Some(checkpoint(22)))
        ]
    );
    assert_eq!(states[1].epoch, epoch);
    let age = std::time::SystemTime::now()
        .duration_since(states[0].updated_at)
        .unwrap_or_default();
    assert!(age.as_secs() < 600, "written just now, not {age:?} ago");
}

/// Setting and forgetting raise the fence; a state that is not there cannot be set.
pub async fn a_state_is_set_and_forgotten(rig: &dyn Rig) {
    let flow = Flow::new(rig).await;
    let table = Table::texts("set");
    let target = flow.target(&table, rig.abilities().writes[0]);
    let (scope, old) = (scope(&flow, &table), table.text_rows(&[(1, "x")]));
    flow.load(&target, std::slice::from_ref(&old), &checkpoint(1))
        .await
        .expect("load");
    for wanted in [Some(checkpoint(77)), None, Some(checkpoint(78))] {
        let epoch = flow.claim(&target).await.expect("claim");
        let load = flow
            .fill(&target, epoch, &[table.text_rows(&[(2, "y")])])
            .await
            .expect("fill");
        flow.system
            .destination()
            .set_state(&scope, &target.key, wanted.as_ref())
            .await
            .expect("set");
        let error = load.commit(&checkpoint(2)).await.expect_err("fenced by the new state");
        assert_eq!(error.code(), Code::Fenced, "{error:?}");
        let claim = flow.system.destination().claim(&target).await.expect("claim");
        assert_eq!(claim.checkpoint, wanted);
        flow.expect(&table, std::slice::from_ref(&old), "rows stay").await;
    }
    let stranger = StreamKey {
        stream: "stranger".into(),
        ..target.key
    };
    let error = flow
        .system
        .destination()
        .set_state(&scope, &stranger, None)
        .await
        .expect_err("no such state");
    assert_eq!(error.code(), Code::UnknownName, "{error:?}");
}

/// Streams, syncs and projects do not see or fence each other.
pub async fn streams_are_apart(rig: &dyn Rig) {
    let (flow, write) = (Flow::new(rig).await, rig.abilities().writes[0]);
    let table = Table::texts("apart");
    let target = flow.target(&table, write);
    flow.load(&target, &[table.text_rows(&[(1, "x")])], &checkpoint(1))
        .await
        .expect("load");
    let key = target.key.clone();
    for other in [
        StreamKey {
            project: "other".into(),
            ..key.clone()
        },
        StreamKey {
            sync: "other".into(),
            ..key.clone()
        },
        StreamKey {
            stream: "it's \"other\"/é".into(),
            ..key
        },
    ] {
        let mut rival = target.clone();
        rival.key = other;
        let epoch = flow.claim(&target).await.expect("claim");
        let load = flow
            .fill(&target, epoch, &[table.text_rows(&[(2, "y")])])
            .await
            .expect("fill");
        let claim = flow.system.destination().claim(&rival).await.expect("claim of another");
        assert_eq!(claim.checkpoint, None);
        load.commit(&checkpoint(2))
            .await
            .expect("another stream's claim does not fence");
    }
}
