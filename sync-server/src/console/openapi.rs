//! What the console asks and what it is answered, written down for whoever speaks to the registry: an OpenAPI 3.1
//! document, put together from the routes themselves, from which the console's own types are generated too.

use crate::{
    error::{Error, Result},
    routes,
};
use utoipa::{OpenApi, openapi::OpenApi as Description};

#[derive(OpenApi)]
#[openapi(info(
    title = "Gridwalk registry",
    description = "What the console reads and does. Errors are ErrorBody; everything but GET carries `x-gridwalk: 1`."
))]
struct Registry;

/// Every route of the console with the shapes it speaks.
pub fn described() -> Description {
    let mut registry = Registry::openapi();
    registry.merge(routes::console().into_openapi());
    registry
}

/// The document, as pretty JSON.
pub fn document() -> Result<String> {
    described()
        .to_pretty_json()
        .map_err(|error| Error::internal("openapi", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gridwalk_core::error::Code;
    use serde_json::{Value, json};

    fn written() -> Value {
        serde_json::from_str(&document().expect("a document")).expect("JSON")
    }

    #[test]
    fn codes_are_described_as_they_travel() {
        let described = &written()["components"]["schemas"]["Code"]["enum"];
        let travelling: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(*described, json!(travelling));
    }

    #[test]
    fn every_name_that_is_referred_to_is_described() {
        let document = written();
        let text = document.to_string();
        let names = text.split("#/components/schemas/").skip(1);
        for name in names.filter_map(|rest| rest.split('"').next()) {
            let schema = &document["components"]["schemas"][name];
            assert!(schema.is_object(), "{name}");
        }
    }
}
