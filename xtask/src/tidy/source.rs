//! Just enough of Rust's grammar to tell code from comments, texts and tests.

/// A piece of code; comments and white space are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Identifier(String),
    /// What a string literal holds, as written.
    Text(String),
    Other(char),
}

/// Whether a whole file is a test, by its path.
pub(super) fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/") || path.starts_with("tests/")
}

/// The tokens of a file with their lines, from 1.
pub(super) fn tokens(text: &str) -> Vec<(usize, Token)> {
    let mut cursor = Cursor { rest: text, line: 1 };
    let mut tokens = Vec::new();
    while let Some(first) = cursor.rest.chars().next() {
        let line = cursor.line;
        if let Some(token) = cursor.token(first) {
            tokens.push((line, token));
        }
    }
    tokens
}

/// The same without items under `#[cfg(test)]`.
pub(super) fn without_tests(tokens: &[(usize, Token)]) -> Vec<&(usize, Token)> {
    let marker = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let ahead = tokens[at..].iter().map(|(_, token)| token);
        if tokens.len() - at > marker.len() && ahead.zip(marker).all(|(token, text)| is(token, text)) {
            at = end_of_item(tokens, at + marker.len());
        } else {
            kept.push(&tokens[at]);
            at += 1;
        }
    }
    kept
}

fn is(token: &Token, text: &str) -> bool {
    match token {
        Token::Identifier(name) => name == text,
        Token::Other(c) => text.len() == 1 && text.starts_with(*c),
        Token::Text(_) => false,
    }
}

/// Behind the semicolon or the closing brace of the item that starts at `at`.
fn end_of_item(tokens: &[(usize, Token)], mut at: usize) -> usize {
    let mut depth = 0;
    while let Some((_, token)) = tokens.get(at) {
        at += 1;
        match token {
            Token::Other('{') => depth += 1,
            Token::Other('}') if depth == 1 => break,
            Token::Other('}') => depth -= 1,
            Token::Other(';') if depth == 0 => break,
            _ => {}
        }
    }
    at
}

struct Cursor<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    fn token(&mut self, first: char) -> Option<Token> {
        if self.rest.starts_with("//") {
            self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
            return None;
        }
        if self.rest.starts_with("/*") {
            self.take(comment_length(self.rest));
            return None;
        }
        if let Some((prefix, hashes)) = raw_text(self.rest) {
            self.take(prefix);
            let end = format!("\"{}", "#".repeat(hashes));
            let text = self.take(self.rest.find(&end).unwrap_or(self.rest.len()));
            self.take(end.len().min(self.rest.len()));
            return Some(Token::Text(text.to_owned()));
        }
        if first == '"' {
            self.take(1);
            let text = self.take(text_length(self.rest, '"'));
            self.take(1.min(self.rest.len()));
            return Some(Token::Text(text.to_owned()));
        }
        if first == '\'' {
            self.take(character_length(self.rest));
            return None;
        }
        if first.is_alphanumeric() || first == '_' {
            let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let name = self.take(end.unwrap_or(self.rest.len()));
            return Some(Token::Identifier(name.to_owned()));
        }
        self.take(first.len_utf8());
        (!first.is_whitespace()).then_some(Token::Other(first))
    }
}

/// The length of a comment in `/* */`, which may hold others.
fn comment_length(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// For `r"`, `r#"`, `br#"`, `cr"` …: the length of the opening and its number of hashes.
fn raw_text(text: &str) -> Option<(usize, usize)> {
    let start = ["r", "br", "cr"].into_iter().find(|start| {
        text.strip_prefix(start)
            .is_some_and(|rest| rest.starts_with(['"', '#']))
    })?;
    let hashes = text[start.len()..].bytes().take_while(|byte| *byte == b'#').count();
    let length = start.len() + hashes;
    text[length..].starts_with('"').then_some((length + 1, hashes))
}

/// Up to the closing quote.
fn text_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at,
            _ => {}
        }
    }
    text.len()
}

/// Of a character literal, or only the quote of a lifetime.
fn character_length(text: &str) -> usize {
    let inside = &text[1..];
    let mut characters = inside.char_indices();
    match characters.next() {
        Some((_, '\\')) => (text_length(inside, '\'') + 2).min(text.len()),
        Some(_) => match characters.next() {
            Some((at, '\'')) => at + 2,
            _ => 1,
        },
        None => 1,
    }
}
