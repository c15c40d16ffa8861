//! When there is no page to show: what happened, in both languages, and the way back.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use tracing::error;

use crate::store::error::StoreError;

/// Why a request has no page for an answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// There is none, or it is not theirs to see: the two look the same.
    #[error("no such page")]
    NotFound,
    #[error("not for this role")]
    Forbidden,
    #[error("not logged in")]
    SignedOut,
    /// The desk's channel is full.
    #[error("the desk is busy")]
    Busy,
    /// The store cannot be opened: there is no console yet.
    #[error("the store cannot be opened")]
    Closed,
    #[error("the form could not be read")]
    Unreadable,
    #[error("the file is too large")]
    TooLarge,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Template(#[from] askama::Error),
}

impl From<crate::store::error::RowError> for Failure {
    fn from(error: crate::store::error::RowError) -> Self {
        Self::Store(error.into())
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    status: u16,
    zh: &'static str,
    en: &'static str,
    assets: &'static str,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, zh, en) = match &self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "没有这一页，或不在您的范围内。",
                "There is no such page, or it is not within your stations.",
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "您的角色不能打开这一页。请找有此职责的同事。",
                "Your role may not open this page. Ask a colleague whose part it is.",
            ),
            Self::SignedOut => (
                StatusCode::UNAUTHORIZED,
                "您已退出，请重新登录。",
                "You are logged out. Please log in again.",
            ),
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "系统正忙，刚才的操作没有执行。请稍候再试。",
                "The desk is busy and nothing was done. Please try again in a moment.",
            ),
            Self::Closed => (
                StatusCode::SERVICE_UNAVAILABLE,
                "数据库打不开。电话照常有人接，来电号码尽量记下；恢复后本页自动可用。请通知管理员查看日志。",
                "The store cannot be opened. The telephones are answered and callers' numbers noted where that can be; \
                 this page comes back by itself. Please tell the administrator to look at the log.",
            ),
            Self::Unreadable => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "表单无法读取，什么也没有改动。",
                "The form could not be read; nothing was changed.",
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "文件太大，什么也没有改动。请分成几份，或用命令行导入。",
                "The file is too large; nothing was changed. Split it, or import it from the command line.",
            ),
            Self::Store(error) if error.may_be_retried() => (
                StatusCode::SERVICE_UNAVAILABLE,
                "数据暂时读不到，请稍候再试。",
                "The store cannot be read now. Please try again in a moment.",
            ),
            Self::Store(_) | Self::Template(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "出错了，已记录。",
                "Something went wrong; it has been written down.",
            ),
        };
        match &self {
            Self::Store(_) | Self::Template(_) => error!(error = %self, "a page could not be made"),
            Self::NotFound
            | Self::Forbidden
            | Self::SignedOut
            | Self::Busy
            | Self::Closed
            | Self::Unreadable
            | Self::TooLarge => {}
        }
        let page = FailurePage { status: status.as_u16(), zh, en, assets: super::assets::version() };
        match page.render() {
            Ok(html) => (status, Html(html)).into_response(),
            Err(_) => (status, en).into_response(),
        }
    }
}

pub(crate) async fn no_such_page() -> Failure {
    Failure::NotFound
}
