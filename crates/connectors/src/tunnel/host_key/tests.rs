use syncapp_connector::Context;

use super::*;
use crate::tunnel::SshConfig;

const OWN: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAIk37hFx2jSXB4PvVPqMjctcvzwsaduPKFVAXAfFwYX";
const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEaHu4gI8/0GODDdhTotOQYf0aodUWMx8ZIr28uGQi9L";
const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNZMKoiabVThsecl4W3CjmiCjqSTJDvRYkyyGWeBZzwS9YkC+lDp8FnKa2kZroon8n+qrlzuoIZpQrPnB6o4XpQ=";
/// `bastion.example` and `[bastion.example]:2222`, hashed by ssh-keygen.
const HASHED: &str = "|1|kFCJNBfzb4sULDQBqPjgXrNBHD4=|9a7T0u+onuobeobjINg5rL6ylUI=";
const HASHED_2222: &str = "|1|BueYj3OvvfTi5/V6BemXwcrobVk=|oTGv9i5MvFfS7Dt3OfTFkj/Rsq0=";

fn ssh(port: u16, change: impl FnOnce(&mut SshConfig)) -> Ssh {
    let mut config = SshConfig {
        host: Some("Bastion.example".into()),
        port: Some(port),
        user: Some("me".into()),
        key: Some("id".into()),
        ..SshConfig::default()
    };
    change(&mut config);
    let context = Context::at("");
    Ssh::validate(config, &context, &mut Vec::new()).unwrap()
}

/// What is made of the key `OWN` shown on that port, where the file of known hosts has these lines.
fn verdict(port: u16, lines: &str) -> Option<Code> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    fs::write(&file, lines).unwrap();
    let keys = HostKeys::read(&ssh(port, |ssh| ssh.known_hosts = Some(file))).unwrap();
    let shown = PublicKey::from_openssh(OWN).unwrap();
    keys.verify(&shown, Side::Source).err().map(|error| error.code())
}

#[test]
fn a_file_of_known_hosts_is_read_as_ssh_reads_it() {
    let (unknown, changed) = (
        Some(Code::HostKeyUnknown(Side::Source)),
        Some(Code::HostKeyChanged(Side::Source)),
    );
    for (port, lines, want) in [
        (22, format!("bastion.example {OWN}"), None),
        (
            22,
            format!("\n# a comment\n  a,bastion.example,b\t{OWN} and a comment"),
            None,
        ),
        (22, format!("BASTION.example {OWN}"), None),
        (22, format!("*.example {OWN}"), None),
        (22, format!("b?stion.* {OWN}"), None),
        (22, format!("*,!bastion.example {OWN}"), unknown),
        (22, format!("bastion.example.net {OWN}"), unknown),
        (22, format!("#bastion.example {OWN}"), unknown),
        (22, String::new(), unknown),
        (22, "bastion.example".into(), unknown),
        (22, "bastion.example ssh-ed25519 AAAA".into(), unknown),
        (22, format!("{HASHED} {OWN}"), None),
        (22, format!("{HASHED_2222} {OWN}"), unknown),
        (2222, format!("{HASHED_2222} {OWN}"), None),
        (2222, format!("[bastion.example]:2222 {OWN}"), None),
        (2222, format!("bastion.example {OWN}"), unknown),
        (22, format!("[bastion.example]:2222 {OWN}"), unknown),
        (22, format!("bastion.example {OTHER}"), changed),
        (22, format!("{HASHED} {OTHER}"), changed),
        (22, format!("bastion.example {ECDSA}"), changed),
        (22, format!("bastion.example {OTHER}\nbastion.example {OWN}"), None),
        (22, format!("@revoked bastion.example {OWN}"), changed),
        (22, format!("bastion.example {OWN}\n@revoked * {OWN}"), changed),
        (22, format!("bastion.example {OWN}\n@revoked * {OTHER}"), None),
        (22, format!("@revoked bastion.example {OTHER}"), unknown),
        (22, format!("@cert-authority *.example {OWN}"), unknown),
    ] {
        assert_eq!(verdict(port, &lines), want, "port {port}: {lines}");
    }
}

#[test]
fn the_sync_file_pins_one_key() {
    let shown = PublicKey::from_openssh(OWN).unwrap();
    for (pinned, want) in [(OWN, None), (OTHER, Some(Code::HostKeyChanged(Side::Source)))] {
        let keys = HostKeys::read(&ssh(22, |ssh| ssh.host_key = Some(format!("{pinned} a comment")))).unwrap();
        assert_eq!(keys.verify(&shown, Side::Source).err().map(|error| error.code()), want);
    }
}

#[test]
fn an_unknown_key_is_told_with_its_fingerprint_and_the_line_to_add() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    fs::write(&file, "").unwrap();
    let keys = HostKeys::read(&ssh(2222, |ssh| ssh.known_hosts = Some(file.clone()))).unwrap();
    let shown = PublicKey::from_openssh(&format!("{OWN} root@somewhere")).unwrap();
    let error = keys.verify(&shown, Side::Destination).unwrap_err();
    // As `ssh-keygen -lf` says it.
    assert!(
        error
            .report()
            .why
            .contains("SHA256:1lyZg1qS+ykfyXhzbTX5U3yvmiqEadeGVputFZiXiW0")
    );
    let help = error.report().help.clone().unwrap();
    let line = format!("[bastion.example]:2222 {OWN}");
    assert!(help.contains(&format!("`{line}` to {}", file.display())), "{help}");
    assert_eq!(
        verdict(2222, &line),
        None,
        "the line that is told is the one that works"
    );
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let error = HostKeys::read(&ssh(22, |ssh| ssh.known_hosts = Some("/nowhere/known_hosts".into())));
    assert_eq!(error.err().map(|error| error.code()), Some(Code::UnreadableFile));
}

#[test]
fn the_server_is_asked_for_the_kind_of_key_that_is_known() {
    for (pinned, first) in [(OWN, "ssh-ed25519"), (ECDSA, "ecdsa-sha2-nistp256")] {
        let keys = HostKeys::read(&ssh(22, |ssh| ssh.host_key = Some(pinned.into()))).unwrap();
        let names: Vec<String> = keys.algorithms().iter().map(ToString::to_string).collect();
        assert_eq!(names[0], first);
        assert!(!names.contains(&"ssh-rsa".to_owned()), "{names:?}");
    }
}
