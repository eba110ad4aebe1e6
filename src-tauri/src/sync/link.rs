//! The centre over HTTP: every answer is told apart from every other thing that may answer instead of it.

use crate::{
    enrolment::Enrolment,
    error::{Answer, Failure},
    ports::{Call, Exchange, NoReply, Reply},
};
use ed25519_dalek::Signer;
use gridwalk_core::{
    error::Code,
    sync::{
        event::Failure as Trouble,
        frame::{self, Effort},
        message::{Request, Response},
    },
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

const JSON: &str = "application/json";

/// The centre's address, with the roots that are trusted for it.
#[derive(Clone)]
pub(crate) struct Link {
    pub exchange: Arc<dyn Exchange>,
    /// Without a slash at the end.
    pub server: String,
    /// DER.
    pub extra_root: Option<Arc<[u8]>>,
}

/// A server's address as typed or scanned: `https://…`, or plain `http` on this very machine. A link may carry the
/// centre's own certificate behind a hash: `https://centre.example#root=<hex of DER>`.
pub(crate) fn address(text: &str) -> Answer<(String, Option<Vec<u8>>)> {
    let wrong = |why: &str| Failure::new(Code::NotOurServer, format!("server address: {why}"));
    let url = reqwest::Url::parse(text.trim()).map_err(|error| wrong(&error.to_string()))?;
    let loopback = match url.host_str() {
        Some("localhost") => true,
        Some(host) => host.parse::<IpAddr>().map_or_else(
            |_| host == format!("[{}]", Ipv6Addr::LOCALHOST),
            |ip| ip.is_loopback(),
        ),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => return Err(wrong("it must begin with https://")),
    }
    let root = match url
        .fragment()
        .map(|fragment| fragment.strip_prefix("root="))
    {
        None => None,
        Some(Some(der)) => Some(hex::decode(der).map_err(|_| wrong("root is not hex"))?),
        Some(None) => return Err(wrong("unknown words behind the hash")),
    };
    Ok((url.origin().ascii_serialization(), root))
}

#[derive(Serialize)]
struct EnrolBody<'a> {
    code: &'a str,
    public_key: String,
    app: &'a str,
}

/// What the centre says to a new phone. More keys may come; these are the ones that this app reads.
#[derive(Deserialize)]
pub(crate) struct Enrolled {
    pub device: gridwalk_core::ids::DeviceId,
    pub worker: gridwalk_core::reference::Person,
    /// What the centre signs with, Ed25519 in hex.
    #[serde(default)]
    pub server_key: Option<String>,
    /// What the centre signed about this phone, in hex.
    pub certificate: Option<String>,
}

#[derive(Deserialize)]
struct Nonce {
    nonce: String,
}

/// A token, and what the centre signed about this phone, which a phone of before does not have yet.
#[derive(Deserialize)]
pub(crate) struct Token {
    pub token: String,
    pub certificate: Option<String>,
}

#[derive(Deserialize)]
struct Opens {
    secret: Option<String>,
}

#[derive(Deserialize)]
struct ErrorBody {
    code: String,
}

impl Link {
    /// Hands in a one-time code.
    pub async fn enrol(
        &self,
        code: &str,
        public_key: &[u8; 32],
        app: &str,
    ) -> Result<Enrolled, Trouble> {
        let body = EnrolBody {
            code: code.trim(),
            public_key: hex::encode(public_key),
            app,
        };
        self.ask("/api/device/enrol", &body).await
    }

    /// A short-lived token, for a signature over a fresh challenge. The certificate is for a centre that was restored from
    /// before this phone was enrolled.
    pub async fn token(
        &self,
        who: &Enrolment,
        certificate: Option<&str>,
    ) -> Result<Token, Trouble> {
        let device = serde_json::json!({ "device": who.identity.device });
        let Nonce { nonce } = self.ask("/api/device/challenge", &device).await?;
        let bytes = hex::decode(&nonce).map_err(|_| Trouble::Server)?;
        let message = [&b"gridwalk token 1"[..], &bytes].concat();
        let signature = who.identity.signing_key.sign(&message);
        let signed = serde_json::json!({
            "device": who.identity.device,
            "nonce": nonce,
            "signature": hex::encode(signature.to_bytes()),
            "certificate": certificate,
        });
        self.ask("/api/device/token", &signed).await
    }

    /// Leaves at the centre what opens this phone when its PIN is forgotten.
    pub async fn leave_recovery(&self, token: &str, secret: &str) -> Result<(), Trouble> {
        let body = serde_json::to_vec(&serde_json::json!({ "secret": secret }));
        let headers = BTreeMap::from([
            ("authorization", format!("Bearer {token}")),
            ("content-type", JSON.to_owned()),
            ("accept", JSON.to_owned()),
        ]);
        let body = body.map_err(|_| Trouble::Server)?;
        let reply = self
            .call("POST", "/api/device/recovery", headers, body)
            .await?;
        expect(&reply, JSON).map(drop)
    }

    /// Hands in a one-time code for a forgotten PIN; what was left there, if anything was.
    pub async fn recover(
        &self,
        device: gridwalk_core::ids::DeviceId,
        code: &str,
    ) -> Result<Option<String>, Trouble> {
        let body = serde_json::json!({ "device": device, "code": code.trim() });
        let Opens { secret } = self.ask("/api/device/recover", &body).await?;
        Ok(secret)
    }

    /// One exchange, packed with one of these dictionaries where that is smaller.
    pub async fn sync(
        &self,
        token: &str,
        request: &Request,
        dictionaries: &[u32],
    ) -> Result<Response, Trouble> {
        let body =
            frame::encode_for(request, Effort::Small, dictionaries).map_err(|_| Trouble::TooBig)?;
        let headers = BTreeMap::from([
            ("authorization", format!("Bearer {token}")),
            ("content-type", frame::CONTENT_TYPE.to_owned()),
            ("accept", frame::CONTENT_TYPE.to_owned()),
        ]);
        let reply = self.call("POST", "/sync", headers, body).await?;
        let body = expect(&reply, frame::CONTENT_TYPE)?;
        frame::decode(body).map_err(|_| Trouble::Server)
    }

    /// Any call to the centre; whatever comes back is judged by the caller.
    pub async fn call(
        &self,
        method: &'static str,
        path: &str,
        headers: BTreeMap<&'static str, String>,
        body: Vec<u8>,
    ) -> Result<Reply, Trouble> {
        let call = Call {
            method,
            url: format!("{}{path}", self.server),
            headers,
            body,
            extra_root: self.extra_root.clone(),
        };
        self.exchange.call(call).await.map_err(no_reply)
    }

    /// Listens at an address; `heard` is given every piece of a good answer.
    pub async fn listen(
        &self,
        path: &str,
        headers: BTreeMap<&'static str, String>,
        heard: &(dyn Fn(&[u8]) + Send + Sync),
    ) -> Result<Reply, Trouble> {
        let call = Call {
            method: "GET",
            url: format!("{}{path}", self.server),
            headers,
            body: Vec::new(),
            extra_root: self.extra_root.clone(),
        };
        let replied = self.exchange.listen(call, heard).await;
        replied.map_err(no_reply)
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Trouble> {
        let body = serde_json::to_vec(body).map_err(|_| Trouble::Server)?;
        let headers = BTreeMap::from([
            ("content-type", JSON.to_owned()),
            ("accept", JSON.to_owned()),
        ]);
        let reply = self.call("POST", path, headers, body).await?;
        serde_json::from_slice(expect(&reply, JSON)?).map_err(|_| Trouble::Server)
    }
}

fn no_reply(none: NoReply) -> Trouble {
    match none {
        NoReply::Unreachable => Trouble::Unreachable,
        NoReply::WrongCertificate => Trouble::NotOurServer,
        NoReply::TooBig => Trouble::Server,
    }
}

/// The body of a good answer of that type; everything else by its name. A page in HTML is somebody else's, whatever
/// its status says (a Wi-Fi that wants a login answers 200, 302 and 511).
pub(crate) fn expect<'a>(reply: &'a Reply, content_type: &str) -> Result<&'a [u8], Trouble> {
    let kind = self::content_type(reply);
    if (200..300).contains(&reply.status) && kind == content_type {
        return Ok(&reply.body);
    }
    Err(trouble(reply))
}

fn content_type(reply: &Reply) -> &str {
    let value = reply
        .header("content-type")
        .and_then(|value| value.split(';').next());
    value.unwrap_or_default().trim()
}

/// What a reply that is not the one hoped for means.
pub(crate) fn trouble(reply: &Reply) -> Trouble {
    match reply.status {
        429 | 503 => Trouble::Busy {
            retry_after_ms: reply
                .header("retry-after")
                .and_then(|seconds| seconds.trim().parse::<i64>().ok())
                .map(|seconds| seconds.saturating_mul(1000)),
        },
        413 => Trouble::TooBig,
        500..600 if reply.status != 511 => Trouble::Server,
        _ => refusal(reply),
    }
}

fn refusal(reply: &Reply) -> Trouble {
    let kind = content_type(reply);
    let body: Option<ErrorBody> = (kind == JSON && reply.status >= 400)
        .then(|| serde_json::from_slice(&reply.body).ok())
        .flatten();
    match body.map(|body| Code::parse(&body.code)) {
        None => Trouble::NotOurServer,
        Some(Some(Code::TokenExpired)) if reply.status == 401 => Trouble::TokenExpired,
        Some(Some(code)) => Trouble::Refused(code),
        // our server, with a code that this app does not know yet
        Some(None) => Trouble::Refused(Code::ServerError),
    }
}

/// The code of a trouble, for whoever asked for something that needs the network.
pub(crate) fn code(trouble: Trouble) -> Code {
    match trouble {
        Trouble::Unreachable => Code::ServerUnreachable,
        Trouble::NotOurServer => Code::NotOurServer,
        Trouble::Busy { .. } => Code::ServerBusy,
        Trouble::Server => Code::ServerError,
        Trouble::TokenExpired => Code::TokenExpired,
        Trouble::TooBig => Code::BodyTooBig,
        Trouble::Refused(code) => code,
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::new(code(trouble), "the centre did not take it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, kind: &str, body: &str) -> Reply {
        Reply {
            status,
            headers: [("content-type".to_owned(), kind.to_owned())].into(),
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn whatever_answers_instead_of_the_centre_is_told_apart() {
        let of = |reply: Reply| expect(&reply, frame::CONTENT_TYPE).unwrap_err();
        let page = "<html>欢迎使用免费无线网络</html>";
        for status in [200, 302, 401, 403, 404, 511] {
            assert_eq!(
                of(reply(status, "text/html; charset=utf-8", page)),
                Trouble::NotOurServer
            );
        }
        assert_eq!(
            of(reply(200, "application/json", "{}")),
            Trouble::NotOurServer
        );
        let json = |status, code: &str| {
            reply(
                status,
                "application/json",
                &format!(r#"{{"code":"{code}","detail":""}}"#),
            )
        };
        assert_eq!(of(json(401, "TOKEN_EXPIRED")), Trouble::TokenExpired);
        assert_eq!(
            of(json(401, "DEVICE_REVOKED")),
            Trouble::Refused(Code::DeviceRevoked)
        );
        assert_eq!(
            of(json(403, "OUT_OF_SCOPE")),
            Trouble::Refused(Code::OutOfScope)
        );
        assert_eq!(
            of(json(400, "FROM_THE_FUTURE")),
            Trouble::Refused(Code::ServerError)
        );
        assert_eq!(of(json(413, "BODY_TOO_BIG")), Trouble::TooBig);
        assert_eq!(of(json(500, "INTERNAL")), Trouble::Server);
        let mut busy = json(503, "SERVER_BUSY");
        assert_eq!(
            of(busy.clone()),
            Trouble::Busy {
                retry_after_ms: None
            }
        );
        busy.headers.insert("retry-after".into(), "30".into());
        assert_eq!(
            of(busy),
            Trouble::Busy {
                retry_after_ms: Some(30_000)
            }
        );
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for good in [
            "http://127.0.0.1:8470",
            "http://localhost:8470/",
            "http://[::1]:8470",
            " https://centre.example/app?x=1 ",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        assert_eq!(
            address("https://centre.example/a").unwrap().0,
            "https://centre.example"
        );
        assert_eq!(
            address("https://centre.example#root=30820a").unwrap().1,
            Some(vec![0x30, 0x82, 0x0a])
        );
        for bad in [
            "http://centre.example",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "centre.example",
            "",
            "https://centre.example#root=xyz",
            "https://centre.example#other",
        ] {
            assert_eq!(address(bad).unwrap_err().code, Code::NotOurServer, "{bad}");
        }
    }
}
