//! Why a request has no answer, as JSON.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use kwhen_app::desk::Refused;
use serde::Serialize;

/// Why there is no answer.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Problem {
    /// The status of HTTP, once more.
    pub(crate) status: u16,
    /// What is wrong and what to do, in the words of the command.
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status: status.as_u16(), message: message.into() }
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// What is known does not allow an answer.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    pub(crate) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// Not now; soon.
    pub(crate) fn busy(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    fn code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown(message) => Self::not_found(message),
            Refused::NoRequest(message) => Self::new(StatusCode::BAD_REQUEST, message),
            Refused::Usage(message) => Self::unprocessable(message),
            Refused::Work(message) => Self::conflict(message),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let code = self.code();
        let text = serde_json::to_string(&self).unwrap_or_default() + "\n";
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = code;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if code == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        if code == StatusCode::UNAUTHORIZED {
            let ways = HeaderValue::from_static("Basic realm=\"kwhen\", charset=\"UTF-8\"");
            headers.insert(header::WWW_AUTHENTICATE, ways);
        }
        response
    }
}
