//! What a comparison found, in words and values.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use serde::Serialize;
use syncapp_connector::{Form, Receipt};
use syncapp_model::{DataType, Error, Scalar};

use super::compare::{At, Finding};
use super::layout::Layout;

/// What stands for a value that may not be shown.
const MASKED: &str = "***";

/// What becomes known while streams are compared. `--json` prints these, one a line.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Verdict {
    /// A row differs.
    Difference(Difference),
    /// A stream was compared.
    StreamVerified(Box<Verified>),
}

/// A row that differs.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// The stream's source name.
    pub stream: String,
    /// How it differs.
    pub difference: Kind,
    /// The values that tell the row: of the key or, without one, of all columns.
    pub row: Vec<(String, String)>,
    /// The cells that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<Cell>,
}

/// How a row differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is on both ends, with other values.
    Differs,
    /// The target lacks it.
    Missing,
    /// The source lacks it.
    Extra,
}

/// A cell that differs.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    /// The target's column.
    pub column: String,
    /// The value that should stand there, in short.
    pub source: String,
    /// The value that stands there, in short.
    pub target: String,
}

/// How the rows of an end are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Their system sums them up; only those that differ leave it.
    Sums,
    /// They are read through.
    Rows,
}

/// How two ends of a stream stand to each other.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    /// The stream's source name.
    pub stream: String,
    /// The target's name.
    pub target: String,
    /// Whether the target holds what it should.
    pub equal: bool,
    /// Rows of the source that should be in the target.
    pub source_rows: u64,
    /// Rows of the target.
    pub target_rows: u64,
    /// Buckets that hold any rows.
    pub buckets: u64,
    /// Those whose rows were looked at one by one.
    pub differing_buckets: u64,
    /// How the source's rows were compared.
    pub source_by: By,
    /// How the target's rows were compared.
    pub target_by: By,
    /// Rows of both ends that left their system.
    pub moved: u64,
    /// Rows with other values.
    pub differing: u64,
    /// Rows that the target lacks.
    pub missing: u64,
    /// Rows that the target should not have.
    pub extra: u64,
    /// Rows that only the target has, and may have in this mode.
    pub only_in_target: u64,
    /// Rows that came since the last run, and are no difference.
    pub pending: u64,
    /// Rows that were set aside, and are no difference.
    pub rejected: u64,
    /// Rows in which `on_error` made values NULL.
    pub nulled: u64,
    /// The last cursor value that is compared: later rows have not been synced yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub through: Option<Scalar>,
    /// What a repair changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repaired: Option<Receipt>,
    /// Whether the repair was full before all rows were compared: another one is needed.
    #[serde(skip)]
    pub partly: bool,
    /// What the user should know.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Error>,
}

impl Verified {
    /// Nothing is compared yet.
    pub(super) fn begun(stream: &str, target: &str, source_by: By, target_by: By) -> Self {
        Self {
            stream: stream.to_owned(),
            target: target.to_owned(),
            equal: true,
            source_rows: 0,
            target_rows: 0,
            buckets: 0,
            differing_buckets: 0,
            source_by,
            target_by,
            moved: 0,
            differing: 0,
            missing: 0,
            extra: 0,
            only_in_target: 0,
            pending: 0,
            rejected: 0,
            nulled: 0,
            through: None,
            repaired: None,
            partly: false,
            warnings: Vec::new(),
        }
    }

    /// Which share of the rows left their system.
    pub fn moved_share(&self) -> f64 {
        self.moved as f64 / ((self.source_rows + self.target_rows).max(1)) as f64
    }
}

/// A difference as it is told.
pub(super) fn tell(stream: &str, layout: &Layout, finding: &Finding) -> Difference {
    let (difference, at, cells) = match finding {
        Finding::Differs(ours, theirs, columns) => {
            let cells = columns.iter().map(|column| Cell {
                column: layout.columns[*column].name.clone(),
                source: value(layout, ours, *column),
                target: value(layout, theirs, *column),
            });
            (Kind::Differs, ours, cells.collect())
        }
        Finding::Missing(at) => (Kind::Missing, at, Vec::new()),
        Finding::Extra(at, _) => (Kind::Extra, at, Vec::new()),
    };
    let every: Vec<usize> = (0..layout.columns.len()).collect();
    let key = if layout.key.is_empty() { &every } else { &layout.key };
    let row = key
        .iter()
        .map(|column| (layout.columns[*column].name.clone(), value(layout, at, *column)));
    Difference {
        stream: stream.to_owned(),
        difference,
        row: row.collect(),
        cells,
    }
}

fn value(layout: &Layout, at: &At, column: usize) -> String {
    if layout.columns[column].masked {
        return MASKED.to_owned();
    }
    short(&at.rows.compared, column, at.row, layout.columns[column].form)
}

fn short(batch: &RecordBatch, column: usize, row: usize, form: Form) -> String {
    let array = batch.column(column);
    match DataType::of(batch.schema_ref().field(column)) {
        // The system's own text.
        Some(DataType::Binary) if form == Form::Native => {
            let bytes = array.as_binary::<i32>();
            let texts = bytes.iter().map(|text| text.map(String::from_utf8_lossy));
            let texts: arrow_array::StringArray = texts.collect();
            syncapp_values::short(&texts, &DataType::String, row)
        }
        Some(ty) => syncapp_values::short(array.as_ref(), &ty, row),
        None => String::new(),
    }
}
