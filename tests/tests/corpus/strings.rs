//! Strings that are easily changed: where they are from, and what they are.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// Spellings that look like something else: nothing, numbers, truths, times, documents.
const LOOKALIKES: &str = "NULL|null|Null|\\N|\\n|(null)|nil|None|N/A|NA|#N/A|undefined|NaN|nan|-nan|Infinity|-Infinity|inf|+inf|-0|-0.0|+1|\
    007|00|1e5|1E5|1e400|1e-400|0x1F|0b11|0o17|1_000|1,000|1.000,00|1.|.5|1.0|1.10|9007199254740993|9223372036854775808|\
    18446744073709551616|123456789012345678901234567890.123456789|１２３|१२३|½|²|true|TRUE|True|t|T|false|f|yes|no|on|off|y|n|\
    2024-02-30|2024-02-29|0000-00-00|0001-01-01|9999-12-31|10000-01-01|-0044-03-15|infinity|2024-02-29T24:00:00|\
    2024-02-29 12:00:00+14:00|24:00:00|25:61:61|838:59:59|1 year 2 mons|P1Y2M|6b2d1f2e-3c4b-4a59-8f6e-7d8c9b0a1f2e|\
    {6b2d1f2e-3c4b-4a59-8f6e-7d8c9b0a1f2e}|{}|[]|\"\"|\"text\"|{\"a\":1,\"a\":2}|[1,2|{1,2}|\\x00ff|\\x|\\.|\\\\.|--|/*|*/|;|%s|%n|$1|?|:a|\
    ${HOME}|{stream}|=1+1|@SUM(1)|+cmd|-1+1";

/// Signs that systems give a meaning to.
const SIGNS: [char; 16] = [
    '"', '\'', '`', '\\', ',', ';', '\t', '\n', '\r', '|', ' ', '$', '%', '{', '}', '#',
];

/// Characters beyond the first 256 that are often lost, joined or reordered.
const CHARACTERS: &str = "\u{feff}\u{2028}\u{2029}\u{200b}\u{200d}\u{200e}\u{200f}\u{202a}\u{202e}\u{2066}\u{2069}\u{301}\u{345}\
    \u{130}\u{131}\u{17f}\u{1e9e}\u{3a3}\u{3c2}\u{6dd}\u{e33}\u{1100}\u{ac00}\u{d7ff}\u{e000}\u{f8ff}\u{fb01}\u{fdd0}\u{fffc}\u{fffd}\
    \u{fffe}\u{ffff}\u{10000}\u{1d400}\u{1f468}\u{1f980}\u{1f1e9}\u{20000}\u{e0001}\u{e01ef}\u{f0000}\u{10ffff}";

/// How many strings are drawn.
const DRAWN: usize = 800;

/// All strings, each with the list that it is from.
pub(super) fn all() -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    let mut add =
        |from: &'static str, strings: Vec<String>| all.extend(strings.into_iter().map(|string| (from, string)));
    add("naughty strings", super::naughty());
    add("look-alikes", LOOKALIKES.split('|').map(str::to_owned).collect());
    let bytes = (0..=255_u8).map(char::from);
    add(
        "first 256 characters",
        bytes.flat_map(|c| [c.to_string(), format!("a{c}b")]).collect(),
    );
    let pairs = SIGNS.iter().flat_map(|one| SIGNS.map(|other| format!("{one}{other}")));
    add(
        "signs in pairs",
        pairs.flat_map(|pair| [format!("x{pair}y"), pair]).collect(),
    );
    let forms = |c: char| [c.to_string(), format!("a{c}"), format!("{c}{c}b")];
    add("characters of all planes", CHARACTERS.chars().flat_map(forms).collect());
    let lengths = [
        0, 1, 63, 64, 65, 127, 128, 255, 256, 257, 4095, 4096, 65_535, 65_536, 65_537,
    ];
    add(
        "lengths",
        lengths
            .iter()
            .flat_map(|n| ["x".repeat(*n), "🦀".repeat(n / 4)])
            .collect(),
    );
    let one = proptest::collection::vec(any::<char>(), 0..40).prop_map(|chars| chars.into_iter().collect::<String>());
    let drawn = proptest::collection::vec(one, DRAWN).new_tree(&mut TestRunner::deterministic());
    add("drawn", drawn.unwrap().current());
    assert!(all.len() >= 2000, "only {} strings", all.len());
    all
}
