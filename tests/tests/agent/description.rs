//! The agent against its own description: whatever is asked, each answer is one that `openapi.json` describes.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{copying, furnish};
use syncapp_tests::agent::Agent;

/// All that schemathesis looks for but these. `positive_data_acceptance`: a body may fit its schema and be refused, since no
/// schema says what a sync file means.
const LEFT_OUT: &str = "positive_data_acceptance";

/// The packages that `scripts/setup` has fetched, beside what was built.
fn schemathesis() -> PathBuf {
    let program = std::env::current_exe().expect("this program is a file");
    let built = program
        .ancestors()
        .nth(3)
        .expect("tests lie in a folder of what is built");
    let found = built.join("schemathesis");
    assert!(
        found.join("fetched").exists(),
        "{} is not there: run scripts/setup, with the CARGO_TARGET_DIR that the tests are built in",
        found.display()
    );
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_one_that_is_described() {
    let agent = Agent::start("requests_per_minute = 0").await;
    let syncapp = agent.syncapp();
    furnish(syncapp);
    let file = copying("    schedule: { cron: \"0 3 * * *\" }\n");
    agent.push("shop", &file, None).await.done();
    let run = agent.run("shop", "copy").await;
    agent.over(&run).await;
    // Half of what it makes up names things that are there.
    syncapp.file(
        "schemathesis.toml",
        &format!("[parameters]\nproject = [\"shop\", \"x\"]\nsync = [\"copy\", \"x\"]\nrun = \"{run}\"\n"),
    );
    let place = schemathesis();
    let begun = Instant::now();
    // With one worker, as it is unless told: two threads that parse Python at once trip over each other in Python 3.11
    // ("AST constructor recursion depth mismatch").
    let ran = Command::new("python3")
        .args([
            "-m",
            "schemathesis.cli",
            "--config-file",
            "schemathesis.toml",
            "--no-color",
            "run",
        ])
        .arg(format!("{}/api/v1/openapi.json", agent.url()))
        .args(["--header", &format!("Authorization: Bearer {}", agent.token())])
        .args([
            "--exclude-checks",
            LEFT_OUT,
            "--warnings",
            "off",
            "--max-examples",
            "25",
        ])
        .args(["--generation-deterministic", "--max-time", "45"])
        .env("PYTHONPATH", &place)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(syncapp.folder())
        .stdin(Stdio::null())
        .output()
        .expect("python3 is there");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    );
    assert!(ran.status.success(), "{said}");
    let asked = said
        .lines()
        .find_map(|line| line.trim().split_once(" generated")?.0.parse::<u32>().ok());
    assert!(asked.is_some_and(|asked| asked > 300), "{said}");
    assert!(
        begun.elapsed() < Duration::from_mins(2),
        "it took {:?}",
        begun.elapsed()
    );
    // It goes on, and nothing it was asked has broken it.
    assert!(agent.get("/projects").await.status.is_success());
}
