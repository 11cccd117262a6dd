use std::fs;

use super::*;

fn keys(places: Vec<KeyPlace>) -> (tempfile::TempDir, Keys) {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_owned();
    (folder, Keys { places, home })
}

#[test]
fn a_place_is_a_file_an_entry_or_the_key() {
    for (text, expected) in [
        ("file:/run/key", Some(KeyPlace::File("/run/key".into()))),
        (" keyring:master-key ", Some(KeyPlace::Keyring("master-key".into()))),
        ("AAAA", Some(KeyPlace::Given(Secret::new("AAAA")))),
        ("file:", None),
        ("keyring:", None),
        ("env:KEY", None),
        (" ", None),
    ] {
        assert_eq!(KeyPlace::parse(text), expected, "{text}");
    }
}

#[test]
fn keys_are_read_in_their_order() {
    let (folder, mut keys) = keys(Vec::new());
    let error = keys.read(true).unwrap_err();
    assert_eq!(error.code(), Code::MissingKey);
    assert!(error.report().help.as_deref().unwrap().contains("SYNCAPP_MASTER_KEY"));
    let (one, two) = (MasterKey::make().unwrap(), MasterKey::make().unwrap());
    let path = folder.path().join("key");
    fs::write(&path, format!("{}\n", *one.text())).unwrap();
    only_for_its_user(&path, 0o600);
    keys.places = vec![
        KeyPlace::File(path.clone()),
        KeyPlace::Given(Secret::new(two.text().as_str())),
    ];
    let read: Vec<_> = keys.read(false).unwrap().iter().map(|key| key.id().clone()).collect();
    assert_eq!(read, [one.id().clone(), two.id().clone()]);
    assert!(!format!("{keys:?}").contains(two.text().as_str()));
    keys.places = vec![KeyPlace::File(folder.path().join("none"))];
    assert_eq!(keys.read(true).unwrap_err().code(), Code::UnreadableFile);
    fs::write(&path, "short").unwrap();
    keys.places = vec![KeyPlace::File(path)];
    assert_eq!(keys.read(true).unwrap_err().code(), Code::WeakKey);
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_refused() {
    let (folder, mut keys) = keys(Vec::new());
    let path = folder.path().join("key");
    let text = MasterKey::make().unwrap().text();
    fs::write(&path, text.as_str()).unwrap();
    keys.places = vec![KeyPlace::File(path.clone())];
    for mode in [0o644, 0o640, 0o604, 0o610, 0o602, 0o666] {
        only_for_its_user(&path, mode);
        let error = keys.read(true).unwrap_err();
        assert_eq!(error.code(), Code::WeakKey, "{mode:o}");
        let said = format!("{error:?}");
        assert!(said.contains("chmod 600") && !said.contains(text.as_str()), "{said}");
    }
    for mode in [0o600, 0o400] {
        only_for_its_user(&path, mode);
        assert_eq!(keys.read(true).unwrap().len(), 1, "{mode:o}");
    }
}

fn only_for_its_user(path: &Path, mode: u32) {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
}
