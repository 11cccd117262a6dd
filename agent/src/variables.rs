//! Where `${NAME}` and `secret://NAME` come from on this machine: its environment.

use syncapp_model::sync_file::Variables;

/// The environment of this process. The secret `name` is the variable `SYNCAPP_SECRET_NAME`.
pub(crate) struct Environment;

impl Variables for Environment {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn secret(&self, name: &str) -> Option<String> {
        self.get(&variable(name))
    }

    fn secret_help(&self, name: &str) -> String {
        format!("set the variable `{}` to its value", variable(name))
    }
}

/// The variable that holds a secret.
fn variable(secret: &str) -> String {
    let spelled: String = secret
        .chars()
        .map(|c| {
            if c.is_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    format!("SYNCAPP_SECRET_{spelled}")
}
