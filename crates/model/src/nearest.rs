//! The word that was probably meant.

/// The nearest of the known words, if it is near enough to be meant.
///
/// ```
/// use syncapp_model::nearest;
/// assert_eq!(nearest("primry_key", ["cursor", "primary_key"]), Some("primary_key"));
/// assert_eq!(nearest("colour", ["cursor", "into"]), None);
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody means a long text, and the distance takes the product of both lengths.
    let length = word.chars().take(100).count();
    if length == 100 {
        return None;
    }
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, candidate)| *distance <= (length.max(candidate.chars().count()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`? keys here: x, y", as far as there is something to say.
pub(crate) fn suggest<'a>(word: &str, what: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let meant = nearest(word, known.clone()).map(|meant| format!("did you mean `{meant}`? "));
    let all: Vec<&str> = known.into_iter().collect();
    let all = if all.is_empty() {
        "none".to_owned()
    } else {
        all.join(", ")
    };
    format!("{}{what}: {all}", meant.unwrap_or_default())
}
