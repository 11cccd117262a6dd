//! A rename of tables that has begun, as `_syncapp_checkpoint` keeps it until its end.

use serde::{Deserialize, Serialize};
use syncapp_model::{Checkpoint, Result, StreamKey, StreamName};

use super::checkpoint::Checkpoints;
use super::client::{Client, text};
use super::errors::damaged;
use crate::journal::{Entry, Kept};

/// Tables that change their names, and what holds once they have.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Intent {
    /// The new table's name as long as it waits, quoted.
    stage: String,
    checkpoint: Checkpoint,
    /// The position's boundary, which it does not spell itself.
    landed: Vec<(String, u64)>,
    /// What the load keeps for its undo.
    #[serde(default)]
    keeps: Option<Keeps>,
    /// The run that is taken back, where that is what happens.
    #[serde(default)]
    takes_back: Option<TakenBack>,
}

/// A row of `_syncapp_undo` that is to be written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Keeps {
    pub(super) run_id: String,
    pub(super) until: i64,
    pub(super) entry: Entry,
}

/// What holds when a run is taken back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct TakenBack {
    pub(super) run_id: String,
    /// The table that is taken away.
    pub(super) table: StreamName,
    /// Its rows of `_syncapp_undo`.
    pub(super) loads: Vec<i64>,
    /// The checkpoint before it.
    pub(super) before: Kept,
}

impl Intent {
    pub(super) fn new(stage: &str, checkpoint: &Checkpoint) -> Self {
        let position = checkpoint.position.as_ref();
        let landed = position.map_or(&[][..], |position| &position.landed);
        Self {
            stage: stage.into(),
            checkpoint: checkpoint.clone(),
            landed: landed.iter().map(|(hash, n)| (format!("{hash:032x}"), *n)).collect(),
            keeps: None,
            takes_back: None,
        }
    }

    /// With what the load keeps for its undo.
    pub(super) fn keeping(mut self, keeps: Option<Keeps>) -> Self {
        self.keeps = keeps;
        self
    }

    /// To take a run back.
    pub(super) fn to_take_back(marker: &str, taken: &TakenBack) -> Self {
        let nothing = Checkpoint {
            position: None,
            rows: 0,
        };
        Self {
            takes_back: Some(taken.clone()),
            ..Self::new(marker, &nothing)
        }
    }

    /// The run that is taken back, where that is what happens.
    pub(super) fn takes_back(&self) -> Option<&TakenBack> {
        self.takes_back.as_ref()
    }

    /// The table, where it is one of that run.
    pub(super) fn table_of(&self, run_id: &str) -> Option<StreamName> {
        let kept = self.keeps.as_ref().map(|keeps| (&keeps.run_id, &keeps.entry.table));
        let taken = self.takes_back.as_ref().map(|taken| (&taken.run_id, &taken.table));
        let (run, table) = kept.or(taken)?;
        (run == run_id).then(|| table.clone())
    }

    /// What the load keeps for its undo.
    pub(super) fn keeps(&self) -> Option<&Keeps> {
        self.keeps.as_ref()
    }

    /// The new table's name as long as it waits, quoted.
    pub(super) fn stage(&self) -> &str {
        &self.stage
    }

    /// What holds once the tables have their names.
    pub(super) fn checkpoint(self) -> Result<Checkpoint> {
        let hash = |text: &str| u128::from_str_radix(text, 16).map_err(|problem| damaged("intent", problem));
        let landed = self.landed.iter().map(|(text, n)| Ok((hash(text)?, *n)));
        let landed = landed.collect::<Result<Vec<_>>>()?;
        let mut checkpoint = self.checkpoint;
        if let Some(position) = &mut checkpoint.position {
            position.landed = landed;
        }
        Ok(checkpoint)
    }
}

/// The streams of which a run, or its undo, ended in the middle of a swap, and their tables.
pub(super) async fn pending(
    client: &mut Client,
    checkpoints: &Checkpoints,
    run_id: &str,
) -> Result<Vec<(StreamKey, StreamName)>> {
    let query = format!(
        "select `project`, `sync`, `stream`, `intent` from {} where `intent` is not null",
        checkpoints.table()
    );
    let mut pending = Vec::new();
    for row in client.rows(&query).await? {
        let intent: Intent = serde_json::from_str(&text(&row, 3)).map_err(|problem| damaged("intent", problem))?;
        if let Some(table) = intent.table_of(run_id) {
            let key = StreamKey {
                project: text(&row, 0),
                sync: text(&row, 1),
                stream: text(&row, 2),
            };
            pending.push((key, table));
        }
    }
    Ok(pending)
}

#[cfg(test)]
mod tests {
    use syncapp_model::{Position, Scalar};

    use super::*;
    use crate::journal::Mark;

    /// As the checkpoint's table gives it back.
    fn kept(meant: &Intent) -> Intent {
        serde_json::from_str(&serde_json::to_string(meant).unwrap()).unwrap()
    }

    #[test]
    fn what_a_swap_means_is_kept_with_its_checkpoint_and_its_undo() {
        let checkpoint = Checkpoint {
            position: Some(Position {
                cursor: Scalar::Int(5),
                through: Scalar::Int(9),
                table: None,
                landed: vec![(1, 1), (u128::MAX, 3)],
            }),
            rows: 4,
        };
        let plain = kept(&Intent::new("`d`.`stage`", &checkpoint));
        assert!(plain.keeps().is_none() && plain.takes_back().is_none());
        assert_eq!(plain.table_of("run"), None);

        let table = StreamName::within("d", "t");
        let keeps = Keeps {
            run_id: "run".into(),
            until: 7,
            entry: Entry::new(&table, Kept::default(), Mark::default()),
        };
        let intent = kept(&Intent::new("`d`.`stage`", &checkpoint).keeping(Some(keeps)));
        assert_eq!(intent.stage(), "`d`.`stage`");
        assert_eq!(intent.keeps().map(|keeps| keeps.until), Some(7));
        assert_eq!(
            (intent.table_of("run"), intent.table_of("another")),
            (Some(table), None)
        );
        assert_eq!(intent.checkpoint().unwrap(), checkpoint);
    }

    #[test]
    fn a_run_that_is_taken_back_is_kept_with_its_table() {
        let taken = TakenBack {
            run_id: "run".into(),
            table: StreamName::within("d", "t"),
            loads: vec![3, 4],
            before: Kept::default(),
        };
        let intent = kept(&Intent::to_take_back("`d`.`marker`", &taken));
        assert_eq!(intent.stage(), "`d`.`marker`");
        assert_eq!(intent.takes_back().map(|taken| &taken.loads), Some(&taken.loads));
        assert_eq!(intent.table_of("run"), Some(taken.table));
        assert_eq!(intent.table_of("another"), None);
    }
}
