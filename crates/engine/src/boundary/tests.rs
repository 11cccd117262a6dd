use std::sync::Arc;

use arrow_array::{Int64Array, StringArray};
use proptest::prelude::*;

use super::*;

fn batch(rows: &[(i64, &str)]) -> RecordBatch {
    let cursors: Int64Array = rows.iter().map(|(cursor, _)| *cursor).collect();
    let texts = StringArray::from(rows.iter().map(|(_, text)| *text).collect::<Vec<_>>());
    RecordBatch::try_from_iter([("at", Arc::new(cursors) as _), ("text", Arc::new(texts) as _)]).unwrap()
}

/// Reads what is at or above the position, as a source would.
fn increment(source: &[(i64, &str)], last: Option<&Position>, horizon: Option<i64>) -> (usize, Option<Position>) {
    let from = last.map(|last| match last.cursor {
        Scalar::Int(value) => value,
        _ => unreachable!(),
    });
    let rows: Vec<_> = source
        .iter()
        .copied()
        .filter(|(at, _)| from.is_none_or(|from| *at >= from))
        .collect();
    let mut boundary = Boundary::new(0, last, horizon.map(Scalar::Int), None, false).unwrap();
    let admitted = boundary.admit(&batch(&rows).into(), 0).unwrap();
    (admitted.columns.num_rows(), boundary.position().unwrap())
}

/// Admits rows of which no more than `most` may be known.
fn bounded(near: Option<i64>, keyed: bool, most: usize, rows: &[(i64, &str)]) -> (Result<usize>, Boundary) {
    let mut boundary = Boundary::new(0, None, Some(Scalar::Int(0)), near.map(Scalar::Int), keyed).unwrap();
    boundary.most = most;
    let admitted = boundary
        .admit(&batch(rows).into(), 0)
        .map(|rows| rows.columns.num_rows());
    (admitted, boundary)
}

#[test]
fn rows_at_the_bound_come_once_each() {
    let (rows, first) = increment(&[(1, "a"), (2, "b"), (2, "b")], None, None);
    assert_eq!(rows, 3);
    let (rows, second) = increment(&[(1, "a"), (2, "b"), (2, "b")], first.as_ref(), None);
    assert_eq!((rows, &second), (0, &first));
    // A third equal row and another at the bound are new.
    let (rows, _) = increment(&[(2, "b"), (2, "b"), (2, "b"), (2, "c")], second.as_ref(), None);
    assert_eq!(rows, 2);
}

#[test]
fn an_empty_increment_leaves_the_position() {
    let (_, first) = increment(&[(5, "a")], None, None);
    let mut boundary = Boundary::new(0, first.as_ref(), None, None, false).unwrap();
    boundary.admit(&batch(&[]).into(), 0).unwrap();
    assert_eq!(boundary.position().unwrap().unwrap().cursor, Scalar::Int(5));
}

#[test]
fn a_horizon_holds_the_next_bound_back() {
    let (rows, first) = increment(&[(1, "a"), (5, "b"), (9, "c")], None, Some(4));
    let first = first.unwrap();
    assert_eq!(
        (rows, &first.cursor, &first.through, first.landed.len()),
        (3, &Scalar::Int(4), &Scalar::Int(9), 2)
    );
    // A row committed late at 6 is found, and the others are not repeated.
    let (rows, second) = increment(&[(1, "a"), (5, "b"), (6, "late"), (9, "c")], Some(&first), None);
    assert_eq!((rows, second.unwrap().cursor), (1, Scalar::Int(9)));
}

#[test]
fn the_next_bound_rises_up_to_the_horizon() {
    let (_, first) = increment(&[(1, "a")], None, None);
    let (rows, second) = increment(&[(1, "a"), (5, "b"), (9, "c")], first.as_ref(), Some(4));
    let second = second.unwrap();
    assert_eq!((rows, &second.cursor, second.landed.len()), (2, &Scalar::Int(4), 2));
}

#[test]
fn rows_above_the_horizon_are_known_over_all_batches() {
    let mut boundary = Boundary::new(0, None, Some(Scalar::Int(4)), None, false).unwrap();
    for (rows, known) in [
        (&[(1, "a"), (2, "b")][..], 1),
        (&[(3, "c"), (5, "d")][..], 1),
        (&[(5, "e"), (9, "f")][..], 3),
    ] {
        boundary.admit(&batch(rows).into(), 0).unwrap();
        assert_eq!(boundary.position().unwrap().unwrap().landed.len(), known, "{rows:?}");
    }
}

#[test]
fn the_next_bound_never_falls_back() {
    // Its clock was ahead: the last increment went past every horizon.
    let (_, first) = increment(&[(1, "a"), (90, "ahead")], None, None);
    let (rows, second) = increment(&[(1, "a"), (90, "ahead"), (91, "b")], first.as_ref(), Some(4));
    assert_eq!(rows, 1);
    let second = second.unwrap();
    assert_eq!((&second.cursor, second.landed.len()), (&Scalar::Int(90), 2));
    let (rows, _) = increment(&[(1, "a"), (90, "ahead"), (91, "b")], Some(&second), Some(5));
    assert_eq!(rows, 0);
}

#[test]
fn rows_with_a_key_may_be_too_many_to_be_known() {
    let rows = [(1, "a"), (2, "b"), (3, "c"), (4, "d")];
    let (admitted, boundary) = bounded(None, true, 3, &rows);
    let position = boundary.position().unwrap().unwrap();
    assert_eq!(admitted.unwrap(), 4);
    assert_eq!(
        (&position.cursor, &position.through),
        (&Scalar::Int(0), &Scalar::Int(4))
    );
    assert_eq!(position.landed, []);
    // They come again, all of them.
    assert_eq!(increment(&rows, Some(&position), Some(0)).0, 4);
    let (admitted, boundary) = bounded(None, true, 4, &rows);
    assert_eq!((admitted.unwrap(), boundary.bound.landed.len()), (4, 4));
}

#[test]
fn a_bound_that_rises_knows_its_rows_again() {
    let mut boundary = Boundary::new(0, None, None, None, true).unwrap();
    boundary.most = 1;
    boundary
        .admit(&batch(&[(1, "a"), (1, "b"), (1, "c")]).into(), 0)
        .unwrap();
    assert_eq!(boundary.position().unwrap().unwrap().landed, []);
    boundary.admit(&batch(&[(2, "d")]).into(), 3).unwrap();
    let position = boundary.position().unwrap().unwrap();
    assert_eq!((&position.cursor, position.landed.len()), (&Scalar::Int(2), 1));
}

#[test]
fn too_many_rows_without_a_key_take_the_near_horizon_or_fail() {
    let rows = [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")];
    let (admitted, mut boundary) = bounded(Some(4), false, 3, &rows);
    let position = boundary.position().unwrap().unwrap();
    assert_eq!(admitted.unwrap(), 5);
    assert_eq!((&position.cursor, position.landed.len()), (&Scalar::Int(4), 2));
    assert_eq!(boundary.warning().unwrap().code(), Code::LateRows);
    assert!(boundary.warning().is_none(), "it is said once");
    assert_eq!(increment(&rows, Some(&position), None).0, 0);
    for near in [None, Some(1)] {
        let (admitted, _) = bounded(near, false, 3, &rows);
        assert_eq!(admitted.unwrap_err().code(), Code::TooManyEqual, "{near:?}");
    }
    assert!(bounded(Some(4), false, 5, &rows).1.warning().is_none());
}

#[test]
fn a_commit_falls_only_behind_a_whole_group() {
    let (_, first) = increment(&[(3, "a")], None, None);
    let mut boundary = Boundary::new(0, first.as_ref(), None, None, false).unwrap();
    let end = |boundary: &Boundary, rows: &[(i64, &str)]| boundary.group_end(&batch(rows)).unwrap();
    assert_eq!(
        end(&boundary, &[(3, "a"), (4, "b")]),
        None,
        "rows of the last increment come again"
    );
    boundary.admit(&batch(&[(3, "a"), (4, "b")]).into(), 0).unwrap();
    assert_eq!(end(&boundary, &[(4, "c"), (4, "d")]), None, "the group goes on");
    assert_eq!(end(&boundary, &[(5, "c")]), Some(0));
    assert_eq!(end(&boundary, &[(4, "c"), (4, "d"), (5, "e"), (6, "f")]), Some(2));
    let fresh = Boundary::new(0, None, None, None, false).unwrap();
    assert_eq!(end(&fresh, &[(1, "a"), (2, "b")]), None, "nothing has come yet");
    assert_eq!(fresh.position().unwrap(), None);
}

#[test]
fn rows_without_a_cursor_are_told_apart() {
    let cursors = Int64Array::from(vec![Some(1), None, Some(2), None]);
    let batch = RecordBatch::try_from_iter_with_nullable([("at", Arc::new(cursors) as _, true)]).unwrap();
    let boundary = Boundary::new(0, None, None, None, false).unwrap();
    let rows = |batch: &RecordBatch| {
        let (placed, without) = boundary.without_cursor(&batch.clone().into()).unwrap();
        (
            placed.columns.num_rows(),
            without.map(|without| without.columns.num_rows()),
        )
    };
    assert_eq!(rows(&batch), (2, Some(2)));
    assert_eq!(rows(&batch.slice(0, 1)), (1, None));
    let mut boundary = boundary;
    boundary.admit(&batch.slice(0, 1).into(), 0).unwrap();
    assert_eq!(boundary.group_end(&batch.slice(2, 1)).unwrap(), Some(0));
    assert_eq!(
        boundary.group_end(&batch.slice(2, 2)).unwrap(),
        None,
        "no commit falls beside a row without a place"
    );
}

#[test]
fn a_null_cursor_is_an_error() {
    let cursors = Int64Array::from(vec![Some(1), None]);
    let batch = RecordBatch::try_from_iter_with_nullable([("at", Arc::new(cursors) as _, true)]).unwrap();
    let error = Boundary::new(0, None, None, None, false)
        .unwrap()
        .admit(&batch.into(), 10)
        .unwrap_err();
    assert_eq!(
        (error.code(), error.report().at.row.as_deref()),
        (Code::NullCursor, Some("number 12"))
    );
}

proptest! {
    /// Whatever arrives in whatever order between runs, as long as nothing arrives below the horizon: all rows
    /// land exactly once.
    #[test]
    fn everything_lands_once(steps in prop::collection::vec(
        (prop::collection::vec((0i64..8, 0usize..3), 0..8), prop::option::of(0i64..8)), 1..6))
    {
        let mut source: Vec<(i64, &str)> = Vec::new();
        let mut position: Option<Position> = None;
        let mut landed = 0;
        for (arrivals, horizon) in steps {
            let floor = position.as_ref().map_or(0, |last| match last.cursor { Scalar::Int(value) => value, _ => 0 });
            source.extend(arrivals.iter().map(|(at, text)| (floor + at, ["x", "y", "z"][*text])));
            let horizon = horizon.map(|horizon| floor + horizon);
            let (rows, next) = increment(&source, position.as_ref(), horizon);
            landed += rows;
            position = next;
            prop_assert_eq!(landed, source.len());
        }
    }
}
