//! A desktop that cannot start says why.

use syncapp_tests::desktop::started_blind;

#[test]
fn a_filter_of_logs_that_cannot_be_understood_is_told() {
    let ended = started_blind(&[("SYNCAPP_LOG", "info,syncapp_control=loud")]);
    let said = String::from_utf8_lossy(&ended.stderr);
    for told in [
        "SyncApp cannot start",
        "config.invalid_value",
        "`SYNCAPP_LOG` cannot be understood",
    ] {
        assert!(said.contains(told), "{said}");
    }
    assert_eq!(ended.status.code(), Some(1), "{said}");
}
