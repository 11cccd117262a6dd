//! From text to syntax tree, with every column name resolved.
//!
//! A name finds the column spelled exactly so, quoted or not; an unquoted name may also differ in case if only one column
//! fits. Bounds on length and nesting are checked on the tokens, before anything recurses.

use std::ops::ControlFlow;

use datafusion_sql::sqlparser::ast::{Expr, Ident, Query, VisitMut, VisitorMut};
use datafusion_sql::sqlparser::dialect::GenericDialect;
use datafusion_sql::sqlparser::keywords::Keyword;
use datafusion_sql::sqlparser::parser::{Parser, ParserError};
use datafusion_sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};
use syncapp_model::{Code, Column, Error};

use super::view;
use crate::names;

/// The longest expression, in bytes.
const LONGEST: usize = 64 * 1024;
/// How deep brackets and `CASE` may nest.
const DEEPEST: usize = 64;
/// How many operators may hang on one another, brackets included.
const CHAIN: usize = 256;

/// A syntax tree whose names are those of [`view::schema`].
pub(super) struct Parsed {
    pub(super) ast: Expr,
    /// The source columns that it reads, in the source's order.
    pub(super) columns: Vec<usize>,
    /// The source column that it consists of.
    pub(super) bare: Option<usize>,
}

/// Parses an expression over the columns of a stream.
pub(super) fn parse(text: &str, source: &[Column]) -> Result<Parsed, Vec<Error>> {
    let invalid = |why: String| Error::new(Code::InvalidExpression, why);
    if text.len() > LONGEST {
        let why = format!("the expression has {} bytes, more than {LONGEST}", text.len());
        return Err(vec![
            invalid(why).help("prepare the value in the source, for example with `query`"),
        ]);
    }
    let dialect = GenericDialect {};
    let tokens = Tokenizer::new(&dialect, text)
        .tokenize_with_location()
        .map_err(|error| vec![unparsable(&error.to_string())])?;
    check_depth(&tokens)
        .map_err(|why| vec![invalid(why).help("split the expression, or prepare the value in the source")])?;
    let mut parser = Parser::new(&dialect)
        .with_recursion_limit(4 * CHAIN)
        .with_tokens_with_locations(tokens);
    let parsed = parser.parse_expr().and_then(|ast| match parser.peek_token() {
        TokenWithSpan { token: Token::EOF, .. } => Ok(ast),
        found => Err(ParserError::ParserError(format!(
            "Expected: end of expression, found: {found}{}",
            found.span.start
        ))),
    });
    let mut ast = parsed.map_err(|error| {
        let words = match error {
            ParserError::TokenizerError(words) | ParserError::ParserError(words) => words,
            ParserError::RecursionLimitExceeded => "it nests too deeply".to_owned(),
        };
        vec![unparsable(&words)]
    })?;
    let bare = match &ast {
        Expr::Identifier(ident) => Some(ident.clone()),
        _ => None,
    };
    let mut resolver = Resolver {
        source,
        columns: Vec::new(),
        errors: Vec::new(),
    };
    _ = ast.visit(&mut resolver);
    if !resolver.errors.is_empty() {
        return Err(resolver.errors);
    }
    resolver.columns.sort_unstable();
    Ok(Parsed {
        ast,
        bare: bare.and(resolver.columns.first().copied()),
        columns: resolver.columns,
    })
}

/// What is no SQL expression, in the parser's words.
fn unparsable(words: &str) -> Error {
    let words = words.replace("found: EOF", "found: the end");
    Error::new(
        Code::InvalidExpression,
        format!("the expression does not parse: {words}"),
    )
    .help(
        "write an SQL expression over source columns: texts in single quotes, names that are not plain words in double \
         quotes, every bracket closed",
    )
}

/// Fails where the syntax tree would be too deep to walk. The depth is counted from above: every operator or keyword since
/// the last comma or branch hangs on the one before.
fn check_depth(tokens: &[TokenWithSpan]) -> Result<(), String> {
    let mut open = vec![0];
    let mut depth = 0;
    for TokenWithSpan { token, .. } in tokens {
        let keyword = match token {
            Token::Word(word) if word.quote_style.is_none() => word.keyword,
            _ => Keyword::NoKeyword,
        };
        let top = open.len() - 1;
        match (token, keyword) {
            (Token::LParen | Token::LBracket | Token::LBrace, _) | (_, Keyword::CASE) => {
                open.push(1);
                depth += 1;
            }
            (Token::RParen | Token::RBracket | Token::RBrace, _) | (_, Keyword::END) => {
                if top > 0 {
                    depth -= open.pop().unwrap_or_default();
                }
                if *token == Token::RBracket {
                    open[top.saturating_sub(1)] += 1;
                    depth += 1;
                }
            }
            (Token::Comma, _) | (_, Keyword::WHEN | Keyword::THEN | Keyword::ELSE) => {
                let base = usize::from(top > 0);
                depth -= open[top] - base.min(open[top]);
                open[top] = base.min(open[top]);
            }
            (Token::Word(_), Keyword::NoKeyword)
            | (
                Token::Whitespace(_) | Token::EOF | Token::Period | Token::Number(..) | Token::SingleQuotedString(_),
                _,
            ) => {}
            _ => {
                open[top] += 1;
                depth += 1;
            }
        }
        if open.len() > DEEPEST {
            return Err(format!(
                "the expression nests brackets or CASE more than {DEEPEST} deep"
            ));
        }
        if depth > CHAIN {
            return Err(format!(
                "the expression hangs more than {CHAIN} operators on one another"
            ));
        }
    }
    Ok(())
}

/// Gives every identifier its column's exact name.
struct Resolver<'a> {
    source: &'a [Column],
    columns: Vec<usize>,
    errors: Vec<Error>,
}

impl Resolver<'_> {
    fn resolve(&mut self, ident: &mut Ident) {
        let exact = || self.source.iter().position(|column| column.name == ident.value);
        let found = match ident.quote_style {
            Some(_) => exact(),
            None => names::find(self.source, &ident.value),
        };
        let Some(at) = found else {
            let mut error = names::unknown(self.source, &ident.value);
            if ident.quote_style.is_some() {
                let help = error.report().help.clone().unwrap_or_default();
                error = error.help(format!("{help}; text goes into single quotes"));
            }
            if !self.errors.contains(&error) {
                self.errors.push(error);
            }
            return;
        };
        ident.value = view::name(&self.source[at].name);
        ident.quote_style = Some('"');
        if !self.columns.contains(&at) {
            self.columns.push(at);
        }
    }

    fn refuse(&mut self, why: String, help: &str) {
        self.errors.push(Error::new(Code::InvalidExpression, why).help(help));
    }
}

impl VisitorMut for Resolver<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.refuse(
            "a query cannot stand in an expression".to_owned(),
            "an expression sees one row; use the stream's `query` for joins and subqueries",
        );
        ControlFlow::Break(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Identifier(ident) => self.resolve(ident),
            Expr::CompoundIdentifier(parts) => {
                let written = parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
                self.refuse(
                    format!("`{written}` has a dot"),
                    "name the column alone; a name with a dot goes into double quotes",
                );
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}
