//! Any documented operation carried out.

use super::schema::Schema;
use crate::catalogue::{Documented, OperationKind};
use crate::graphql::{Call, Connection};
use crate::protocol::{Next, Operation, Request, Response, Session};
use crate::wire::Raw;
use crate::{Error, Result};
use graphql_parser::query::{Definition, OperationDefinition, Selection, SelectionSet, parse_query};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// How many rows of a list are asked for at a time, where the caller says nothing.
const ROWS: u32 = 100;

/// The arguments by which pages are followed.
const CURSORS: [&str; 3] = ["after", "before", "last"];

/// A documented operation with its arguments and the fields that are wanted of it.
///
/// A query is sent again after a failure, a mutation never. A list in pages is read to its end.
#[derive(Clone, Debug)]
pub struct ApiCall {
    name: String,
    kind: OperationKind,
    document: String,
    variables: Map<String, Value>,
    left_out: Vec<(String, String)>,
    inner: Inner,
}

#[derive(Clone, Debug)]
enum Inner {
    One(Call<Raw>),
    Pages(Connection<Raw>),
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiAnswer {
    /// As it was written; of a list in pages all its rows in one list.
    pub value: Raw,
    /// How many rows, where it came in pages.
    pub rows: Option<usize>,
}

impl ApiCall {
    /// A call. `fields` is what is wanted, in GraphQL's writing without the outer braces; of a list in pages, of each row. Without it all
    /// fields are asked for that the documentation shows and that have none of their own. With the service's own `schema` all is checked
    /// by it, otherwise by the documentation, which shows no input object's fields.
    ///
    /// # Errors
    /// An argument that there is not, that is of another type or is missing; fields that are none, or none that could be asked for.
    pub fn new(
        operation: &Documented,
        arguments: Map<String, Value>,
        fields: Option<&str>,
        schema: Option<&Schema>,
    ) -> Result<Self> {
        for (name, value) in &arguments {
            operation.check(name, value)?;
        }
        let paged = operation.is_paged();
        check_given(operation, &arguments, paged)?;
        let (text, left_out) = wanted(operation, fields, paged)?;
        let selection = match (text.is_empty(), paged) {
            (true, _) => String::new(),
            (_, true) => {
                format!(" {{ pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {text} }} }} }}")
            }
            (_, false) => format!(" {{ {text} }}"),
        };
        if let Some(schema) = schema {
            schema.check(operation.kind, &operation.name, &arguments, &selection)?;
        }
        let document = document(operation, &arguments, &selection, paged);
        let mut variables = arguments;
        let inner = if paged {
            let first = variables.remove("first").and_then(|first| first.as_u64());
            let first = first.and_then(|first| u32::try_from(first).ok()).unwrap_or(ROWS);
            let list = variables.clone().into();
            let inner = Inner::Pages(Connection::new(document.clone(), list, &[&operation.name], first));
            variables.insert("first".into(), first.into());
            inner
        } else {
            let call = match operation.kind {
                OperationKind::Query => Call::query(document.clone(), operation.name.clone()),
                OperationKind::Mutation => Call::mutation(document.clone(), operation.name.clone()),
            };
            Inner::One(call.with(&variables)?)
        };
        let (name, kind) = (operation.name.clone(), operation.kind);
        Ok(Self { name, kind, document, variables, left_out, inner })
    }

    /// Without a token: for what the service answers to anybody.
    #[must_use]
    pub fn public(self) -> Self {
        let inner = match self.inner {
            Inner::One(call) => Inner::One(call.public()),
            Inner::Pages(list) => Inner::Pages(list.public()),
        };
        Self { inner, ..self }
    }

    /// Whether it changes something.
    #[must_use]
    pub fn is_mutation(&self) -> bool {
        self.kind == OperationKind::Mutation
    }

    /// The document that is sent.
    #[must_use]
    pub fn document(&self) -> &str {
        &self.document
    }

    /// The variables that are sent with it, of a list those of its first page.
    #[must_use]
    pub fn variables(&self) -> &Map<String, Value> {
        &self.variables
    }

    /// What is not asked for, since the documentation does not show its fields: where it is and of which type.
    #[must_use]
    pub fn left_out(&self) -> &[(String, String)] {
        &self.left_out
    }
}

fn check_given(operation: &Documented, arguments: &Map<String, Value>, paged: bool) -> Result<()> {
    let invalid = |message: String| Err(Error::invalid(format!("{}: {message}", operation.name)));
    let lacking =
        operation.arguments.iter().filter(|one| one.is_needed() && !arguments.contains_key(&one.name));
    let lacking: Vec<String> = lacking.map(|one| format!("{} ({})", one.name, one.kind)).collect();
    if !lacking.is_empty() {
        return invalid(format!("needs {}", lacking.join(", ")));
    }
    if !paged {
        return Ok(());
    }
    if let Some(cursor) = CURSORS.iter().find(|cursor| arguments.contains_key(**cursor)) {
        return invalid(format!(
            "all pages of it are read: leave out {cursor}; first is how many rows a page has"
        ));
    }
    match arguments.get("first").map(Value::as_i64) {
        Some(Some(first)) if first < 1 => invalid(format!("a page of {first} rows: first is at least 1")),
        _ => Ok(()),
    }
}

/// The fields to ask for, and what is left out.
fn wanted(
    operation: &Documented,
    fields: Option<&str>,
    paged: bool,
) -> Result<(String, Vec<(String, String)>)> {
    let invalid = |message: String| Err(Error::invalid(format!("{}: {message}", operation.name)));
    let Some(fields) = fields else {
        if !operation.returns.has_fields() {
            return Ok(Default::default());
        }
        let chosen = operation.returns.selection();
        let only_errors = chosen.text == "possibleErrors { code message }";
        if paged || chosen.text.is_empty() {
            let types: Vec<String> = chosen.left_out.iter().map(|(_, kind)| kind.clone()).collect();
            let of = if paged { "a row" } else { "it" };
            let example = if paged { "id" } else { "__typename" };
            return invalid(format!(
                "the documentation does not show what fields {of} has ({}): say which are wanted, such as \
                 --fields '{example}'",
                types.join(", ")
            ));
        }
        // What a mutation answers beside its errors need not be known to carry it out.
        let left_out =
            if only_errors && operation.kind == OperationKind::Query { Vec::new() } else { chosen.left_out };
        return Ok((chosen.text, left_out));
    };
    if !operation.returns.has_fields() {
        return invalid(format!("returns {}, which has no fields to choose", operation.returns.in_words()));
    }
    let names = match top_fields(fields) {
        Ok(names) => names,
        Err(error) => return invalid(format!("the fields '{}' {error}", crate::error::excerpt(fields))),
    };
    if paged && names.iter().any(|name| name == "edges") {
        return invalid(
            "its pages are followed, and its rows come as one list: say the fields of a row, those in edges { node { … } }"
                .to_owned(),
        );
    }
    Ok((fields.trim().to_owned(), Vec::new()))
}

/// The names of the outermost fields; why they are no fields.
fn top_fields(fields: &str) -> std::result::Result<Vec<String>, String> {
    const LONGEST: usize = 100_000;
    if fields.len() > LONGEST {
        return Err(format!("are longer than {LONGEST} bytes"));
    }
    let text = format!("{{ {fields}\n}}");
    let document = parse_query::<String>(&text).map_err(|error| {
        let line =
            error.to_string().lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("; ");
        format!("are no fields of GraphQL: {line}")
    })?;
    let [Definition::Operation(OperationDefinition::SelectionSet(set))] = document.definitions.as_slice()
    else {
        return Err("are no fields of GraphQL: the braces do not match".to_owned());
    };
    if has_spread(set) {
        return Err("name a fragment, and there is none: write its fields, or ... on TYPE { … }".to_owned());
    }
    let name = |one: &Selection<'_, String>| match one {
        Selection::Field(field) => Some(field.name.clone()),
        _ => None,
    };
    Ok(set.items.iter().filter_map(name).collect())
}

fn has_spread(set: &SelectionSet<'_, String>) -> bool {
    set.items.iter().any(|one| match one {
        Selection::FragmentSpread(_) => true,
        Selection::Field(field) => has_spread(&field.selection_set),
        Selection::InlineFragment(inline) => has_spread(&inline.selection_set),
    })
}

/// The whole document: only the variables that are given, and of a list those of its pages.
fn document(operation: &Documented, arguments: &Map<String, Value>, selection: &str, paged: bool) -> String {
    let is_sent = |name: &str| arguments.contains_key(name) || paged && matches!(name, "first" | "after");
    let sent: Vec<_> = operation.arguments.iter().filter(|one| is_sent(&one.name)).collect();
    let list = |text: &dyn Fn(&str, &str) -> String| match sent.as_slice() {
        [] => String::new(),
        sent => {
            let inner: Vec<String> = sent.iter().map(|one| text(&one.name, &one.kind)).collect();
            format!("({})", inner.join(", "))
        }
    };
    let declared = list(&|name, kind| format!("${name}: {kind}"));
    let passed = list(&|name, _| format!("{name}: ${name}"));
    let mut title = operation.name.clone();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let mut text = format!("{} {title}{declared} {{ ", operation.kind);
    // Writing to a string does not fail.
    let _ = write!(text, "{}{passed}{selection} }}", operation.name);
    text
}

impl Operation for ApiCall {
    type Output = ApiAnswer;

    fn request(&self, session: &Session) -> Result<Request> {
        match &self.inner {
            Inner::One(call) => call.request(session),
            Inner::Pages(list) => list.request(session),
        }
    }

    fn accept(&mut self, session: &Session, response: &Response) -> Result<Next<ApiAnswer>> {
        let next = match &mut self.inner {
            Inner::One(call) => call.accept(session, response).map(|next| match next {
                Next::Request => Next::Request,
                Next::Done(value) => Next::Done(ApiAnswer { value, rows: None }),
            }),
            Inner::Pages(list) => match list.accept(session, response) {
                Ok(Next::Request) => Ok(Next::Request),
                Ok(Next::Done(rows)) => {
                    Raw::of(&rows).map(|value| Next::Done(ApiAnswer { value, rows: Some(rows.len()) }))
                }
                Err(error) => Err(error),
            },
        };
        next.map_err(|error| error.in_request(format!("graphql {}", self.name)))
    }

    fn refused(&self, response: &Response) -> Option<Error> {
        let error = match &self.inner {
            Inner::One(call) => call.refused(response),
            Inner::Pages(list) => list.refused(response),
        };
        error.map(|error| error.in_request(format!("graphql {}", self.name)))
    }
}
