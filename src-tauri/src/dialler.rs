//! 110, 119 and 120: the phone's own dialler, the one thing here that works with no data connection at all.

use crate::{
    error::{Answer, Failure},
    view::EmergencyService,
};
use gridwalk_core::error::Code;
use tauri::{AppHandle, Runtime};

/// What a machine has to call with: it is handed an address such as `tel:119`, or says why not.
pub struct Dialler(Box<Dial>);

type Dial = dyn Fn(&str) -> Result<(), String> + Send + Sync;

impl Dialler {
    /// The dialler of the phone that this window runs on.
    #[cfg(target_os = "android")]
    pub(crate) fn of<R: Runtime>(app: &AppHandle<R>) -> Self {
        use tauri_plugin_opener::OpenerExt;
        let app = app.clone();
        Self(Box::new(move |address| {
            app.opener()
                .open_url(address, None::<&str>)
                .map_err(|error| error.to_string())
        }))
    }

    /// A desk has a telephone beside it.
    #[cfg(not(target_os = "android"))]
    pub(crate) fn of<R: Runtime>(_app: &AppHandle<R>) -> Self {
        Self(Box::new(|address| {
            Err(format!("nothing here dials {address}"))
        }))
    }

    pub(crate) fn dial(&self, service: EmergencyService) -> Answer<()> {
        let dialled = self.0(&format!("tel:{}", service.number()));
        dialled.map_err(|detail| Failure::new(Code::NoDialler, detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn the_dialler_gets_the_number_and_its_refusal_is_said_by_name() {
        let dialled = Arc::new(Mutex::new(Vec::new()));
        let heard = dialled.clone();
        let phone = Dialler(Box::new(move |address| {
            heard.lock().unwrap().push(address.to_owned());
            Ok(())
        }));
        use EmergencyService::{Ambulance, Fire, Police};
        for service in [Police, Fire, Ambulance] {
            phone.dial(service).unwrap();
        }
        assert_eq!(*dialled.lock().unwrap(), ["tel:110", "tel:119", "tel:120"]);
        let desk = Dialler(Box::new(|_| Err("no SIM".into())));
        assert_eq!(desk.dial(Fire).unwrap_err().code, Code::NoDialler);
    }
}
