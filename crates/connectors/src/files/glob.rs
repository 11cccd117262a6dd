//! Which paths a glob covers: `*` anything but a slash, `**` anything, `**/` any folders or none, `?` one character.

/// A glob over paths that are split by slashes.
#[derive(Debug, Clone)]
pub(super) struct Glob {
    text: String,
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Char(char),
    One,
    Some,
    Any,
    Folders,
}

impl Glob {
    pub(super) fn new(text: &str) -> Self {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let starts = tokens
                .last()
                .is_none_or(|token| *token == Token::Char('/') || *token == Token::Folders);
            let (token, length) = match first {
                '*' if rest.starts_with("**/") && starts => (Token::Folders, 3),
                '*' if rest.starts_with("**") => (Token::Any, 2),
                '*' => (Token::Some, 1),
                '?' => (Token::One, 1),
                other => (Token::Char(other), other.len_utf8()),
            };
            tokens.push(token);
            rest = &rest[length..];
        }
        Self {
            text: text.to_owned(),
            tokens,
        }
    }

    /// Whether a text is more than one exact path.
    pub(super) fn is_glob(text: &str) -> bool {
        text.contains(['*', '?'])
    }

    /// How many folders deep a path that it covers can lie.
    pub(super) fn depth(&self) -> usize {
        if self.text.contains("**") {
            usize::MAX
        } else {
            self.text.matches('/').count()
        }
    }

    /// Whether it covers the whole path. Takes time in the product of both lengths at the most.
    pub(super) fn covers(&self, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        // `open[at]`: the tokens so far cover the first `at` characters.
        let mut open = vec![false; path.len() + 1];
        open[0] = true;
        for token in &self.tokens {
            match token {
                Token::Some | Token::Any => {
                    for at in 0..path.len() {
                        open[at + 1] |= open[at] && (*token == Token::Any || path[at] != '/');
                    }
                }
                Token::Folders => {
                    let mut inside = false;
                    for at in 0..path.len() {
                        inside |= open[at];
                        open[at + 1] |= inside && path[at] == '/';
                    }
                }
                Token::One | Token::Char(_) => {
                    for at in (0..path.len()).rev() {
                        let fits = match token {
                            Token::Char(wanted) => path[at] == *wanted,
                            _ => path[at] != '/',
                        };
                        open[at + 1] = open[at] && fits;
                    }
                    open[0] = false;
                }
            }
        }
        open[path.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn paths() {
        for (glob, path, want) in [
            ("flights*.csv", "flights.csv", true),
            ("flights*.csv", "flights.2024.csv", true),
            ("flights*.csv", "d/flights.csv", false),
            ("*.csv", "a/b.csv", false),
            ("**/x.parquet", "x.parquet", true),
            ("**/x.parquet", "a/b/x.parquet", true),
            ("**/x.parquet", "a/bx.parquet", false),
            ("a/**/x", "a/x", true),
            ("a/**/x", "a/b/c/x", true),
            ("**", "a/b.csv", true),
            ("a**", "a/b.csv", true),
            ("?.csv", "é.csv", true),
            ("?.csv", "ab.csv", false),
            ("[a].csv", "[a].csv", true),
            ("[a].csv", "a.csv", false),
            ("", "", true),
            ("a", "", false),
        ] {
            assert_eq!(Glob::new(glob).covers(path), want, "{glob} {path}");
        }
        assert_eq!(Glob::new("a/*/b").depth(), 2);
        assert_eq!(Glob::new("**/b").depth(), usize::MAX);
    }
}
