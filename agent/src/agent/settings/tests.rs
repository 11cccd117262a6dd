use super::*;
use std::collections::BTreeMap;

fn read(toml: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
    read_told(Told::default(), toml, variables)
}

/// The same with what the command line says.
fn read_told(told: Told, toml: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.toml");
    std::fs::write(&path, toml).unwrap();
    let variables: BTreeMap<_, _> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let told = Told {
        config: Some(path.clone()),
        ..told
    };
    Settings::read(told, &|name| variables.get(name).cloned()).map_err(|failure| {
        let text = failure.source.map(|source| source.text);
        let shown = failure
            .problems
            .iter()
            .map(|problem| syncapp_model::render(problem, text.as_deref()));
        shown
            .collect::<String>()
            .replace(&path.display().to_string(), "agent.toml")
    })
}

#[test]
fn the_environment_is_laid_over_the_file() {
    let toml = "roles = [\"api\"]\nslots = 3\nhome = \"/srv\"\nkeep = \"7d\"\nlease = \"3s\"\n";
    let settings = read(toml, &[("SYNCAPP_SLOTS", "5"), ("SYNCAPP_POOLS", "heavy, default")]).unwrap();
    assert_eq!(settings.roles, [Role::Api].into());
    assert_eq!(settings.slots, 5);
    assert_eq!(settings.pools, ["heavy", "default"]);
    assert_eq!(settings.home, Path::new("/srv"));
    assert_eq!(settings.files, [Path::new("/srv/files")]);
    assert_eq!(settings.keep, Duration::from_hours(24 * 7));
    let Policy {
        lease,
        margin,
        heartbeat,
        patience,
        drain,
        stalled_until,
        ..
    } = settings.policy;
    assert_eq!([lease, margin, heartbeat], [3000, 500, 200].map(Duration::from_millis));
    assert_eq!([patience, drain], [6, 25].map(Duration::from_secs));
    assert_eq!(stalled_until, Duration::from_mins(30));
    let settings = read("home = \"/srv\"\nlease = \"3s\"\npatience = \"5m\"", &[]).unwrap();
    assert_eq!(settings.policy.patience, Duration::from_mins(5));
    let settings = read("home = \"/srv\"\nstalled = \"2m\"", &[]).unwrap();
    let Policy {
        stalled_after,
        stalled_until,
        ..
    } = settings.policy;
    assert_eq!([stalled_after, stalled_until], [Duration::from_mins(2); 2]);
}

#[test]
fn the_command_line_goes_before_both() {
    let toml = "home = \"/srv\"\nroles = [\"api\"]\npools = [\"light\"]";
    let variables = [("SYNCAPP_ROLES", "scheduler"), ("SYNCAPP_POOLS", "heavy")];
    let told = |roles: &[Role], pools: &[&str]| {
        let told = Told {
            roles: roles.to_vec(),
            pools: pools.iter().map(|pool| (*pool).to_owned()).collect(),
            ..Told::default()
        };
        let settings = read_told(told, toml, &variables).unwrap();
        (settings.roles, settings.pools)
    };
    assert_eq!(told(&[], &[]), ([Role::Scheduler].into(), vec!["heavy".to_owned()]));
    let (roles, pools) = told(&[Role::Worker, Role::Api], &[]);
    assert_eq!(
        (roles, pools),
        ([Role::Api, Role::Worker].into(), vec!["heavy".to_owned()])
    );
    let (roles, pools) = told(&[], &["b", "a"]);
    assert_eq!(
        (roles, pools),
        ([Role::Scheduler].into(), vec!["b".to_owned(), "a".to_owned()])
    );
    let wrong = Told {
        roles: vec![Role::Api],
        ..Told::default()
    };
    let shown = read_told(wrong, "roles = [\"apo\"]", &[]).unwrap_err();
    assert!(
        shown.contains("`roles` cannot be understood"),
        "what it replaces is read all the same: {shown}"
    );
}

/// Where a key stands alone it is refused at its place, and beside the other one it is taken.
#[test]
fn keys_without_effect_are_refused() {
    let queue = "database = \"postgres://u:p@h/d\"\nqueue = \"amqps://h\"";
    let provider = "oidc_issuer = \"https://i\"\noidc_client = \"c\"\noidc_secret = \"s\"\noidc_roles = [\"*=viewer\"]";
    let all: [(&str, &str, &str); 5] = [
        (
            "queue_ca = \"ca.pem\"",
            "`queue_ca` does nothing without `queue`",
            queue,
        ),
        (
            "cache_ca = \"ca.pem\"",
            "`cache_ca` does nothing without `cache`",
            "cache = \"rediss://h\"",
        ),
        (
            "cache_prefix = \"a\"",
            "`cache_prefix` does nothing without `cache`",
            "cache = \"rediss://h\"",
        ),
        (
            "public_url = \"https://a\"",
            "`public_url` does nothing without `oidc_issuer`",
            provider,
        ),
        (
            "telemetry.otlp.headers = \"a=b\"",
            "`telemetry.otlp.headers` does nothing without `telemetry.otlp.endpoint`",
            "telemetry.otlp.endpoint = \"http://c:4318\"",
        ),
    ];
    for (alone, said, other) in all {
        let shown = read(&format!("home = \"/srv\"\n{alone}"), &[]).unwrap_err();
        assert!(
            shown.contains("config.conflict") && shown.contains(said),
            "{alone}:\n{shown}"
        );
        assert!(
            shown.contains("agent.toml:2:") && shown.contains("leave it out, or give"),
            "{alone}:\n{shown}"
        );
        let both = read(&format!("home = \"/srv\"\n{other}\n{alone}"), &[]);
        assert_eq!(both.map(drop), Ok(()), "{alone}");
    }
    let shown = read("home = \"/srv\"", &[("SYNCAPP_CACHE_PREFIX", "a")]).unwrap_err();
    assert!(
        shown.contains("`SYNCAPP_CACHE_PREFIX` does nothing without `cache`"),
        "{shown}"
    );
    let elsewhere = [("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://c:4318")];
    assert_eq!(
        read("home = \"/srv\"\ntelemetry.otlp.headers = \"a=b\"", &elsewhere).map(drop),
        Ok(())
    );
    // A value that cannot be understood is told once, not a second time as a missing one.
    let shown = read("home = \"/srv\"\nqueue = [\"a\", \"b\"]\nqueue_ca = \"ca.pem\"", &[]).unwrap_err();
    assert!(
        shown.contains("`queue` is a list") && !shown.contains("does nothing"),
        "{shown}"
    );
}

#[test]
fn an_agent_for_others_leads_nobody_into_its_network() {
    let private = |toml: &str, variables: &[(&str, &str)]| {
        let toml = format!("home = \"/srv\"\n{toml}");
        read(&toml, variables).unwrap().network.private
    };
    assert!(private("", &[]));
    assert!(!private("listen = \"0.0.0.0:7700\"", &[]));
    assert!(!private("database = \"postgres://u:p@h/d\"", &[]));
    assert!(!private("network.private = \"deny\"", &[]));
    assert!(private(
        "listen = \"0.0.0.0:7700\"\n[network]\nprivate = \"allow\"",
        &[]
    ));
    assert!(private(
        "listen = \"[::]:7700\"",
        &[("SYNCAPP_NETWORK_PRIVATE", "allow")]
    ));
    let toml = "home = \"/srv\"\n[network]\nallow = [\"10.0.0.0/8\"]\ndeny = [\"10.1.0.0/16\", \"::1\"]";
    let network = read(toml, &[]).unwrap().network;
    assert_eq!((network.allow.len(), network.deny.len()), (1, 2));
    let shown = read(
        "home = \"/srv\"\n[network]\nallow = [\"db.example.net\"]\nprivat = \"allow\"",
        &[],
    )
    .unwrap_err();
    assert!(shown.contains("`network.allow` cannot be understood"), "{shown}");
    assert!(shown.contains("did you mean `network.private`?"), "{shown}");
}

#[test]
fn what_an_agent_tells_is_asked_for() {
    let told = |toml: &str| read(&format!("home = \"/srv\"\n{toml}"), &[]).map(|settings| settings.telemetry);
    let nothing = told("").unwrap();
    assert!(!nothing.json && nothing.listen.is_none() && nothing.endpoint.is_none() && nothing.headers.is_none());
    let all = "log_format = \"json\"\n[telemetry]\nlisten = \"127.0.0.1:9464\"\notlp = { endpoint = \"http://c:4318\", headers = \"a=b\" }";
    let all = told(all).unwrap();
    assert!(all.json && all.listen.is_some() && all.endpoint.is_some());
    assert_eq!(all.headers.unwrap().reveal(), "a=b");
    for wrong in [
        "log_format = \"xml\"",
        "telemetry.listen = \"9464\"",
        "telemetry.otlp.endpoint = \"c:4318\"",
        "telemetry.otlp = { endpoint = \"http://c:4318\", headers = \"hunter2\" }",
    ] {
        let shown = told(wrong).unwrap_err();
        assert!(
            shown.contains("cannot be understood") && !shown.contains("hunter2\n"),
            "{shown}"
        );
    }
}

#[test]
fn master_keys_lie_in_several_places() {
    let toml = "home = \"/srv\"\nmaster_key = [\"file:/run/new\", \"keyring:old\", \"c2VjcmV0\"]\nsecrets_dir = \"/run/secrets\"";
    let settings = read(toml, &[]).unwrap();
    let given = KeyPlace::Given(Secret::new("c2VjcmV0"));
    let places = [
        KeyPlace::File("/run/new".into()),
        KeyPlace::Keyring("old".into()),
        given,
    ];
    assert_eq!(settings.master_key, places);
    assert_eq!(settings.secrets_dir.as_deref(), Some(Path::new("/run/secrets")));
    assert!(!format!("{settings:?}").contains("c2VjcmV0"));
    let settings = read(toml, &[("SYNCAPP_MASTER_KEY", "c2VjcmV0, file:x")]).unwrap();
    assert_eq!(
        settings.master_key,
        [KeyPlace::Given(Secret::new("c2VjcmV0")), KeyPlace::File("x".into())]
    );
    for wrong in ["vault:x", "file:", "c2VjcmV0,,"] {
        let shown = read("home = \"/srv\"", &[("SYNCAPP_MASTER_KEY", wrong)]).unwrap_err();
        assert!(shown.contains("`SYNCAPP_MASTER_KEY` cannot be understood"), "{shown}");
    }
    assert!(read("home = \"/srv\"\nvariables = [\"PGHOST\", \"SYNCAPP_TOKEN\"]", &[]).is_err());
}

#[test]
fn memory_bounds_the_slots() {
    let slots = |memory: &str| {
        let settings = read(&format!("home = \"/srv\"\nslots = 8\nmemory = \"{memory}\""), &[]);
        settings.map(|settings| (settings.slots, settings.abreast))
    };
    assert_eq!(slots("512MiB"), Ok((4, 1)));
    assert_eq!(slots("64GiB"), Ok((8, 1)));
    assert!(slots("100MB").is_err());
}

#[test]
fn what_is_wrong_is_shown_where_it_stands() {
    let toml = "home = \"/srv\"\nslot = 3\nroles = [\"api\", \"worked\"]\nkeep = 5\nlisten = [\"x\"]\n";
    let shown = read(toml, &[("SYNCAPP_LEASE", "0s")]).unwrap_err();
    insta::assert_snapshot!(shown);
    insta::assert_snapshot!(read("home = \n", &[]).unwrap_err());
}

#[test]
fn who_is_told_is_named_whole() {
    let names = |toml: &str| {
        let toml = format!("home = \"/srv\"\n{toml}");
        let settings = read(&toml, &[])?;
        let names = settings.notifications.into_iter().map(|one| one.channel.name);
        Ok::<Vec<_>, String>(names.collect())
    };
    assert_eq!(names(""), Ok(Vec::new()));
    let mail = "[[notifications]]\nname = \"a\"\nemail = { server = \"smtp://h\", from = \"x@y.z\", to = \"x@y.z\" }\n";
    let hook = "[[notifications]]\nname = \"b\"\non = \"end\"\nwebhook = { url = \"https://h\", secret = \"0123456789abcdef\" }\n";
    let slack = "[[notifications]]\nname = \"c\"\nslack = { url = \"https://h\" }\n";
    assert_eq!(
        names(&format!("{mail}{hook}{slack}")),
        Ok(["a", "b", "c"].map(String::from).to_vec())
    );
    for (wrong, why) in [
        (format!("{mail}{mail}"), "two notifications have one `name`"),
        (mail.replace("x@y.z", "nobody"), "`email.from` cannot be understood"),
        (
            hook.replace("0123456789abcdef", "hunter2"),
            "`webhook.secret` cannot be understood",
        ),
        (hook.replace("\"end\"", "\"ever\""), "`on` cannot be understood"),
        (hook.replace("webhook", "webhok"), "unknown key `webhok`"),
        (
            slack.replace("slack", "projects = [\"p\"]\nemail = { to = \"x@y.z\" }\n#"),
            "a notification is not complete",
        ),
        (
            "[notifications]\nname = \"a\"".into(),
            "`notifications` is no list of tables",
        ),
    ] {
        let shown = names(&wrong).unwrap_err();
        assert!(shown.contains(why), "{why}:\n{shown}");
        assert!(!shown.contains("error[config.invalid_value]: hunter2"), "{shown}");
    }
}
