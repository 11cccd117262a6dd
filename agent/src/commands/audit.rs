//! `syncapp audit verify`: whether an agent's audit log is what was written.

use syncapp_control::access::verify;
use syncapp_model::{Code, Error};

use crate::agent::settings::{Settings, Told};
use crate::agent::{key, stores};
use crate::args::{self, AuditAction};
use crate::failure::{Exit, Failure};
use crate::output;

pub(crate) async fn audit(args: args::Audit) -> Result<Exit, Failure> {
    let AuditAction::Verify { config, head } = args.action;
    let told = Told {
        config,
        ..Told::default()
    };
    let settings = Settings::read(told, &|name| std::env::var(name).ok())?;
    let key = key::of(&settings)?;
    let (_, store) = stores(&settings).await?;
    match verify(store.as_ref(), &key, head).await? {
        Ok(None) => output::line("the audit log is empty"),
        Ok(Some(head)) => output::line(&format!(
            "{} entries, each as it was written; the head is {head}",
            head.number
        )),
        Err(fault) => {
            let why = format!("the audit log is not what was written: {fault}");
            let error = Error::new(Code::ChangedSince, why)
                .help("compare it with a backup, and with the heads that the agents have logged");
            return Err(error.into());
        }
    }
    Ok(Exit::Done)
}
