//! What somebody looks for in a window: by its role and name, as a reader of the screen is told them.

use serde_json::{Value as Json, json};

/// Something to be found; see `find.js`.
#[derive(Debug, Clone)]
pub struct What(Vec<Json>);

/// What has this role and exactly this name.
pub fn role(role: &str, name: &str) -> What {
    What(vec![json!({ "role": role, "name": name })])
}

/// What has this role and a name with this part.
pub fn containing(role: &str, part: &str) -> What {
    What(vec![json!({ "role": role, "name": null, "part": part })])
}

/// A button.
pub fn button(name: &str) -> What {
    role("button", name)
}

/// A link.
pub fn link(name: &str) -> What {
    role("link", name)
}

/// A heading.
pub fn heading(name: &str) -> What {
    role("heading", name)
}

/// A place in the sidebar, such as `Runs`.
pub fn place(name: &str) -> What {
    containing("link", name).within(role("navigation", "Main"))
}

/// A project in the sidebar.
pub fn project(name: &str) -> What {
    containing("link", name).within(role("navigation", "Projects"))
}

/// A field to type into.
pub fn field(label: &str) -> What {
    role("textbox", label)
}

/// A list to choose from.
pub fn choice(label: &str) -> What {
    role("combobox", label)
}

/// A row with this text.
pub fn row(part: &str) -> What {
    containing("row", part)
}

/// The innermost thing with this text.
pub fn text(part: &str) -> What {
    containing("text", part)
}

impl What {
    /// The same, inside of something.
    pub fn within(self, outer: What) -> Self {
        Self([outer.0, self.0].concat())
    }

    /// As `find.js` takes it.
    pub(super) fn steps(&self) -> Json {
        Json::Array(self.0.clone())
    }
}
