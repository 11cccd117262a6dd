use super::*;

fn rules(deny: &[&str], allow: &[&str], private: bool) -> Rules {
    let ranges = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    Rules {
        deny: ranges(deny),
        allow: ranges(allow),
        private,
    }
}

/// Each address, whether it is reached with private ranges denied, and whether with private ranges allowed.
#[test]
fn addresses_and_what_becomes_of_them() {
    let (closed, private) = (rules(&[], &[], false), rules(&[], &[], true));
    for (address, by_default, with_private) in [
        ("93.184.216.34", true, true),
        ("2606:2800:220:1:248:1893:25c8:1946", true, true),
        ("11.0.0.1", true, true),
        ("172.32.0.1", true, true),
        ("126.255.255.255", true, true),
        ("127.0.0.1", false, true),
        ("127.255.255.254", false, true),
        ("10.0.0.1", false, true),
        ("10.255.255.255", false, true),
        ("172.16.0.1", false, true),
        ("172.31.255.255", false, true),
        ("192.168.1.1", false, true),
        ("100.64.0.1", false, true),
        ("198.18.0.1", false, true),
        ("::1", false, true),
        ("fc00::1", false, true),
        ("fd12:3456::1", false, true),
        ("::ffff:127.0.0.1", false, true),
        ("::ffff:10.1.2.3", false, true),
        ("::127.0.0.1", false, true),
        ("64:ff9b::10.0.0.1", false, true),
        ("2002:7f00:1::", false, true),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", false, true),
        ("::ffff:93.184.216.34", true, true),
        ("64:ff9b::93.184.216.34", true, true),
        ("0.0.0.0", false, false),
        ("0.1.2.3", false, false),
        ("::", false, false),
        ("169.254.169.254", false, false),
        ("169.254.0.1", false, false),
        ("::ffff:169.254.169.254", false, false),
        ("64:ff9b::169.254.169.254", false, false),
        ("2002:a9fe:a9fe::1", false, false),
        ("fe80::1", false, false),
        ("febf::1", false, false),
        ("fd00:ec2::254", false, false),
        ("fd20:ce::254", false, false),
        ("100.100.100.200", false, false),
        ("168.63.129.16", false, false),
        ("192.0.0.192", false, false),
        ("224.0.0.1", false, false),
        ("255.255.255.255", false, false),
        ("ff02::1", false, false),
    ] {
        let address: IpAddr = address.parse().unwrap();
        assert_eq!(closed.allows(address), by_default, "{address}");
        assert_eq!(private.allows(address), with_private, "{address} with private ranges");
    }
}

#[test]
fn what_an_operator_says_goes_before() {
    let rules = rules(
        &["10.1.0.0/16", "93.184.216.34"],
        &["10.0.0.0/8", "169.254.0.0/16", "169.254.7.7", "fd00::/8", "127.0.0.1"],
        false,
    );
    for (address, expected) in [
        ("10.0.0.1", true),
        ("::ffff:10.0.0.1", true),
        ("10.1.0.1", false),
        ("::ffff:10.1.0.1", false),
        ("64:ff9b::10.1.0.1", false),
        ("64:ff9b::10.0.0.1", false),
        ("93.184.216.34", false),
        ("93.184.216.35", true),
        ("127.0.0.1", true),
        ("127.0.0.2", false),
        // Only one that is named by itself.
        ("169.254.169.254", false),
        ("169.254.7.7", true),
        ("fd00:ec2::254", false),
        ("fd00::5", true),
        ("192.168.0.1", false),
    ] {
        assert_eq!(rules.allows(address.parse().unwrap()), expected, "{address}");
    }
}

#[test]
fn ranges_are_read() {
    for (text, expected) in [
        ("0.0.0.0/0", true),
        ("::/0", true),
        ("10.0.0.1", true),
        ("10.0.0.0/33", false),
        ("fd00::/129", false),
        ("10.0.0.0/", false),
        ("10.0.0", false),
        ("db.example.net", false),
        ("", false),
    ] {
        assert_eq!(text.parse::<Range>().is_ok(), expected, "{text}");
    }
    let all: Range = "0.0.0.0/0".parse().unwrap();
    assert!(all.has("1.2.3.4".parse().unwrap()) && !all.has("::1".parse().unwrap()));
}

/// Other ways of writing an address are resolved like names, and held against the rules like what they mean.
#[tokio::test]
async fn other_forms_of_an_address() {
    let network = Network::guarded(rules(&[], &[], false));
    for host in [
        "127.0.0.1",
        "2130706433",
        "0177.0.0.1",
        "0x7f.1",
        "0x7f000001",
        "127.1",
        "localhost",
        "[::1]",
        "0",
        "::ffff:7f00:1",
    ] {
        let refused = network.addresses(host, 80).await;
        // Some systems do not take each form; none may take it for another address.
        assert!(
            matches!(refused, Err(Unreached::Denied | Unreached::Unknown(_))),
            "{host}: {refused:?}"
        );
    }
    assert!(matches!(
        network.addresses("127.0.0.1", 80).await,
        Err(Unreached::Denied)
    ));
    assert!(Network::open().addresses("127.0.0.1", 80).await.is_ok());
}
