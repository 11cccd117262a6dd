//! A system's part of the type lattice, known without a connection.
//!
//! The way of a column is lossless where its type lands as itself, widened where it lands as another type that holds all
//! its values, and lossy where ordinary values change: the file has to consent then.

use syncapp_model::DataType;

/// The types of one system, or of one format of files.
#[derive(Debug, Clone)]
pub struct TypeTable {
    /// Its name for people.
    pub name: &'static str,
    /// Types of its own, by the names it gives them, and what each is carried as.
    pub reads: Vec<(String, DataType)>,
    /// Where a type lands in a table that SyncApp makes.
    pub lands: fn(&DataType) -> Option<Landing>,
    /// Columns of users' own tables that change ordinary values of a type.
    pub losses: Vec<KnownLoss>,
}

/// The column that is declared for a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// The type in the system's words.
    pub native: String,
    /// What such a column is read back as.
    pub ty: DataType,
}

/// A type that changes in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLoss {
    /// What is written.
    pub ty: DataType,
    /// What the column is declared as.
    pub native: &'static str,
    /// What becomes of the values.
    pub why: &'static str,
}

impl KnownLoss {
    /// Those of some types in some columns that `of` says to be any.
    pub fn among(pairs: &[(&str, &'static str)], of: impl Fn(&DataType, &str) -> Option<&'static str>) -> Vec<Self> {
        let known = pairs.iter().filter_map(|(word, native)| {
            let ty: DataType = word.parse().ok()?;
            let why = of(&ty, native)?;
            Some(Self { ty, native, why })
        });
        known.collect()
    }
}
