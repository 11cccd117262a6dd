//! Columns of an NDJSON file: the keys of a sample of its rows, in the order in which they first came.

use indexmap::IndexMap;
use syncapp_model::Result;

use super::read::Lines;
use crate::files::blocks::Blocks;
use crate::files::infer::Guess;

/// Adds what so many rows of a file say of its columns to what is known of them.
pub(in crate::files) fn sample(blocks: Blocks, rows: usize, guesses: &mut IndexMap<String, Guess>) -> Result<()> {
    let mut lines = Lines::new(blocks);
    let mut read = 0;
    let mut unread = None;
    while read < rows && lines.find()?.is_some() {
        let mut guess = |key: &str, value: &str| {
            match guesses.get_mut(key) {
                Some(guess) => guess.json(value),
                None => guesses.entry(key.to_owned()).or_default().json(value),
            }
            Ok(())
        };
        // What cannot be read says nothing of the columns; reading the rows will say what is wrong.
        match lines.each(|_, _| Ok(())) {
            Ok(()) => lines.each(&mut guess)?,
            Err(error) => unread = unread.or(Some(error)),
        }
        lines.pass();
        read += 1;
    }
    match unread {
        Some(error) if guesses.is_empty() => Err(error),
        _ => Ok(()),
    }
}
