//! `cargo xtask faults --teeth`: the campaigns must fail once a protection is gone.
//!
//! Each protection is taken out of a copy of the tree, which is built and tried by the campaign that should notice. A
//! campaign that still finds nothing proves nothing. What is taken out is named by its text, which must stand exactly
//! once: the list cannot rot unseen.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::repository::Repository;
use crate::tree;

/// A protection, and what its absence would let through.
struct Tooth {
    protection: &'static str,
    taken: &'static [Edit],
    /// What notices.
    campaign: &'static [&'static str],
}

/// A text that stands once in a file, and what stands there without the protection.
struct Edit {
    file: &'static str,
    text: &'static str,
    replacement: &'static str,
}

const KILLS: &[&str] = &["--seed", "11", "--rows", "3000", "--kills", "4", "--workload"];
const FLEETS: &[&str] = &["--fleet", "--seed", "11", "--schedules", "20", "--only"];
const WRITERS: &[&str] = &["--seed", "11", "--writers", "--seconds", "20", "--from"];

/// All protections. The campaigns' words are completed by the last part of `campaign`.
const TEETH: &[Tooth] = &[
    Tooth {
        protection: "fence, PostgreSQL",
        taken: &[Edit {
            file: "crates/connectors/src/postgres/checkpoint.rs",
            text: "and stream = $3 and epoch = $6\"",
            replacement: "and stream = $3 and epoch >= $6\"",
        }],
        campaign: &["kills", "append"],
    },
    Tooth {
        protection: "fence, MariaDB",
        taken: &[Edit {
            file: "crates/connectors/src/mysql/checkpoint.rs",
            text: "where {} and `epoch` = {}\",\n            self.table,\n            sql::text(&position)",
            replacement: "where {} and `epoch` >= {}\",\n            self.table,\n            sql::text(&position)",
        }],
        campaign: &["kills", "append-mariadb"],
    },
    Tooth {
        protection: "checkpoint in the transaction, PostgreSQL",
        taken: &[Edit {
            file: "crates/connectors/src/postgres/commit.rs",
            text: "        let mut receipt = self.land(keeping.as_mut(), &mut Vec::new()).await?;\n",
            replacement: "        self.client.run(\"commit; begin\").await?;\n        \
                          let mut receipt = self.land(keeping.as_mut(), &mut Vec::new()).await?;\n",
        }],
        campaign: &["kills", "merge"],
    },
    Tooth {
        protection: "checkpoint in the transaction, MariaDB",
        taken: &[Edit {
            file: "crates/connectors/src/mysql/commit.rs",
            text: "        let removed = self.remove_gone(client, &table).await?;\n",
            replacement: "        client.run(\"commit\").await?;\n        client.run(\"start transaction\").await?;\n        \
                          let removed = self.remove_gone(client, &table).await?;\n",
        }],
        campaign: &["kills", "merge-mariadb"],
    },
    Tooth {
        protection: "inclusive bound, PostgreSQL",
        taken: &[Edit {
            file: "crates/connectors/src/postgres/statement.rs",
            text: "\"{key} >= {}\", sql::scalar(from)",
            replacement: "\"{key} > {}\", sql::scalar(from)",
        }],
        campaign: &["kills", "append"],
    },
    Tooth {
        protection: "inclusive bound, MariaDB",
        taken: &[Edit {
            file: "crates/connectors/src/mysql/statement.rs",
            text: "\"{key} >= {}\", sql::scalar(from)",
            replacement: "\"{key} > {}\", sql::scalar(from)",
        }],
        campaign: &["writers", "mariadb"],
    },
    Tooth {
        protection: "staging swap, PostgreSQL",
        taken: &[Edit {
            file: "crates/connectors/src/postgres/load.rs",
            text: "        let way = found.way(target)?;\n",
            replacement: "        let mut way = found.way(target)?;\n        if way == Way::Swap {\n            \
                          client.run(&format!(\"delete from {}; commit; begin\", sql::table(&found.name))).await?;\n            \
                          way = Way::Append;\n        }\n",
        }],
        campaign: &["kills", "refresh"],
    },
    Tooth {
        protection: "staging swap, MariaDB",
        taken: &[Edit {
            file: "crates/connectors/src/mysql/load.rs",
            text: "        let way = found.way(target)?;\n",
            replacement: "        let mut way = found.way(target)?;\n        if way == Way::Swap {\n            \
                          client.run(&format!(\"delete from {}\", sql::table(&found.name))).await?;\n            \
                          way = Way::Append;\n        }\n",
        }],
        campaign: &["kills", "refresh-mariadb"],
    },
    Tooth {
        protection: "intent before the swap, MariaDB",
        taken: &[Edit {
            file: "crates/connectors/src/mysql/swap.rs",
            text: "checkpoints.intend(client, &key, self.epoch, Some(&intent)).await?;",
            replacement: "checkpoints.intend(client, &key, self.epoch, Some(&intent).filter(|_| false)).await?;",
        }],
        campaign: &["kills", "refresh-mariadb"],
    },
    Tooth {
        protection: "horizon of open transactions, PostgreSQL",
        taken: &[Edit {
            file: "crates/connectors/src/postgres/horizon.rs",
            text: "self.oldest.unwrap_or(i64::MAX).min(self.looked) - SLACK",
            replacement: "self.oldest.unwrap_or(i64::MAX).max(self.looked) - SLACK",
        }],
        campaign: &["kills", "append"],
    },
    Tooth {
        protection: "horizon of open transactions, MariaDB",
        taken: &[Edit {
            file: "crates/connectors/src/mysql/horizon.rs",
            text: "now - (age + 1) * 1_000_000",
            replacement: "now + age * 0",
        }],
        campaign: &["writers", "mariadb"],
    },
    Tooth {
        protection: "clocks that are behind",
        taken: &[Edit {
            file: "crates/connectors/src/horizon.rs",
            text: "i64 = 14 * 3_600_000_000;",
            replacement: "i64 = 0;",
        }],
        campaign: &["writers", "postgres"],
    },
    Tooth {
        protection: "hashes of the boundary",
        taken: &[Edit {
            file: "crates/engine/src/boundary.rs",
            text: "*keep = hash.is_none();",
            replacement: "*keep = true;",
        }],
        campaign: &["kills", "append"],
    },
    Tooth {
        protection: "fleet: epochs in the target, and heartbeats that hear of a claim",
        taken: &[
            Edit {
                file: "crates/connectors/src/postgres/checkpoint.rs",
                text: "and stream = $3 and epoch = $6\"",
                replacement: "and stream = $3 and epoch >= $6\"",
            },
            Edit {
                file: "crates/control/src/worker/pulse.rs",
                text: "            if self.left(claimed).is_zero() {\n                return Stop::Lost;\n            }\n",
                replacement: "            claimed.deadline = self.control.clock.monotonic() + policy.hold();\n",
            },
            Edit {
                file: "crates/control/src/worker/pulse.rs",
                text: "Verdict::Refused(_) => Some(Stop::Lost),",
                replacement: "Verdict::Refused(_) => None,",
            },
        ],
        campaign: &["fleet", "sleep", "--faults", "30"],
    },
    Tooth {
        protection: "fleet: leases that ran out are swept",
        taken: &[Edit {
            file: "crates/control/src/sweep.rs",
            text: "for task in &expired {",
            replacement: "for task in expired.iter().take(0) {",
        }],
        campaign: &["fleet", "worker-kill", "--faults", "12"],
    },
    Tooth {
        protection: "fleet: hints that came to nothing are swept",
        taken: &[Edit {
            file: "crates/control/src/sweep.rs",
            text: "self.store.rouse(self.policy.patience, self.policy.batch)",
            replacement: "self.store.rouse(self.policy.patience * 1000, self.policy.batch)",
        }],
        campaign: &["fleet", "broker-wipe", "--faults", "8"],
    },
    Tooth {
        protection: "fleet: hints are confirmed",
        taken: &[Edit {
            file: "crates/control/src/relay.rs",
            text: "            Ok(Published::Confirmed) => Some(row.id),\n",
            replacement: "            Ok(_) | Err(_) if true => Some(row.id),\n",
        }],
        campaign: &["fleet", "broker-crash", "--faults", "8", "--patience", "600"],
    },
    Tooth {
        protection: "fleet: a hint is acked after its claim",
        taken: &[
            Edit {
                file: "crates/control/src/worker/intake.rs",
                text: "        // Taken before the store is asked: the lease can only be longer than this.\n",
                replacement: "        let early = Delivery { hint: delivery.hint.clone(), tag: delivery.tag };\n        \
                              door.ack(early).await.ok()?;\n        clock.sleep(std::time::Duration::from_millis(300)).await;\n",
            },
            Edit {
                file: "crates/control/src/worker/intake.rs",
                text: "let acked = door.ack(delivery).await;",
                replacement: "let acked = Ok::<(), syncapp_model::Error>(());",
            },
        ],
        campaign: &["fleet", "worker-kill", "--faults", "40", "--patience", "600"],
    },
];

/// Tries the campaigns as they are, and then without each protection whose name contains one of the words.
pub(crate) fn run(repository: &Repository, target: &Path, words: &[String], out: &mut dyn Write) -> io::Result<bool> {
    let wanted = |tooth: &&Tooth| words.is_empty() || words.iter().any(|word| tooth.protection.contains(word.as_str()));
    let teeth: Vec<&Tooth> = TEETH.iter().filter(wanted).collect();
    let (place, built) = (target.join("teeth/tree"), target.join("teeth/target"));
    tree::copy(repository, &place)?;
    tree::seed(&target.join("debug"), &built.join("debug"))?;
    let mut fine = true;
    let mut campaigns: Vec<_> = teeth.iter().map(|tooth| tooth.campaign).collect();
    campaigns.sort_unstable();
    campaigns.dedup();
    build(&place, &built)?;
    for campaign in campaigns {
        let found = differences(&built, campaign)?;
        writeln!(
            out,
            "{:<45} {:<22} {found:>4} differences",
            "nothing taken out",
            campaign.join(" ")
        )?;
        out.flush()?;
        fine &= found == 0;
    }
    for tooth in teeth {
        let found = take_out(&place, tooth.taken)
            .and_then(|()| build(&place, &built))
            .and_then(|()| differences(&built, tooth.campaign));
        put_back(repository, &place, tooth.taken)?;
        let found = found?;
        writeln!(
            out,
            "{:<45} {:<22} {found:>4} differences{}",
            tooth.protection,
            tooth.campaign.join(" "),
            if found == 0 { ": NOT NOTICED" } else { "" }
        )?;
        out.flush()?;
        fine &= found > 0;
    }
    Ok(fine)
}

fn take_out(place: &Path, edits: &[Edit]) -> io::Result<()> {
    for edit in edits {
        let path = place.join(edit.file);
        let whole = fs::read_to_string(&path)?;
        if whole.matches(edit.text).count() != 1 {
            let problem = format!("{}: `{}` does not stand there exactly once", edit.file, edit.text);
            return Err(io::Error::other(problem));
        }
        fs::write(&path, whole.replace(edit.text, edit.replacement))?;
    }
    Ok(())
}

fn put_back(repository: &Repository, place: &Path, edits: &[Edit]) -> io::Result<()> {
    edits
        .iter()
        .try_for_each(|edit| fs::copy(repository.root.join(edit.file), place.join(edit.file)).map(drop))
}

fn build(place: &Path, built: &Path) -> io::Result<()> {
    let status = Command::new("cargo")
        .args([
            "build",
            "--quiet",
            "--workspace",
            "--bin",
            "syncapp",
            "--bin",
            "faults",
            "--locked",
        ])
        .current_dir(place)
        .env("CARGO_TARGET_DIR", built)
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other("the copy does not build"))
    }
}

/// How many differences a campaign finds. One that breaks has found nothing.
fn differences(built: &Path, campaign: &[&str]) -> io::Result<usize> {
    let words = match campaign[0] {
        "writers" => WRITERS,
        "fleet" => FLEETS,
        _ => KILLS,
    };
    let ran = Command::new(built.join("debug/faults"))
        .args(words)
        .args(&campaign[1..])
        .stderr(Stdio::inherit())
        .output()?;
    let said = String::from_utf8_lossy(&ran.stdout);
    let count = said
        .lines()
        .filter_map(|line| {
            line.strip_suffix(" differences")?
                .rsplit(' ')
                .next()?
                .parse::<usize>()
                .ok()
        })
        .sum();
    match (ran.status.code(), count) {
        (Some(0), 0) | (Some(1), 1..) => Ok(count),
        (code, _) => Err(io::Error::other(format!("the campaign ended with {code:?}:\n{said}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_stands_once() {
        let repository = Repository::open().unwrap();
        for edit in TEETH.iter().flat_map(|tooth| tooth.taken) {
            let whole = fs::read_to_string(repository.root.join(edit.file)).unwrap();
            assert_eq!(whole.matches(edit.text).count(), 1, "{}: {}", edit.file, edit.text);
        }
    }
}
