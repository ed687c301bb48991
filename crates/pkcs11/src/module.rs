//! PKCS#11 modules loaded in this process.
//!
//! A module is initialised once a process, whoever uses it (C_Initialize), so what is known of it lies
//! here and not in a token. Invariant: nobody is inside the module while it is started anew.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, TryLockError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};

use crate::error::TokenError;
use crate::limits::LEAVE_TIME;

/// A module, loaded and initialised.
pub(crate) struct Module {
    context: Pkcs11,
    /// Held for reading by whoever is inside it.
    inside: RwLock<()>,
    /// How often it was started: sessions of an earlier start are gone.
    starts: AtomicU64,
}

/// By path. Never unloaded: a module's threads may outlive its use.
static LOADED: Mutex<Option<HashMap<PathBuf, Arc<Module>>>> = Mutex::new(None);

impl Module {
    /// Loads it, or finds it loaded.
    pub(crate) fn load(path: &Path) -> Result<Arc<Self>, TokenError> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = loaded.get_or_insert_default();
        if let Some(module) = loaded.get(path) {
            return Ok(Arc::clone(module));
        }
        let failed = |error: Error| TokenError::Module {
            path: path.to_owned(),
            fault: TokenError::from(error).to_string(),
        };
        let context = Pkcs11::new(path).map_err(failed)?;
        start(&context).map_err(failed)?;
        let (inside, starts) = (RwLock::new(()), AtomicU64::new(1));
        let module = Arc::new(Self { context, inside, starts });
        loaded.insert(path.to_owned(), Arc::clone(&module));
        Ok(module)
    }

    /// To be held while the module is called.
    pub(crate) fn enter(&self) -> RwLockReadGuard<'_, ()> {
        self.inside.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) const fn context(&self) -> &Pkcs11 {
        &self.context
    }

    /// Which start of the module this is.
    pub(crate) fn starts(&self) -> u64 {
        self.starts.load(Ordering::Acquire)
    }

    /// Starts it anew, unless somebody is inside: some modules look for tokens at their start alone.
    pub(crate) fn restart(&self) {
        let alone = match self.inside.try_write() {
            Ok(alone) => alone,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        // Neither's failure says more than the next use will.
        let _ = self.context.clone().finalize();
        let _ = start(&self.context);
        self.starts.fetch_add(1, Ordering::AcqRel);
        drop(alone);
    }
}

/// Ends the modules of this process (C_Finalize), which closes their sessions: the last thing to do before
/// the process ends. Its exit runs the modules' own destructors, and crashes where a thread is still inside
/// one. Whoever asks a token afterwards gets no answer; a module that keeps a thread for longer than
/// [`LEAVE_TIME`] is left as it is.
pub fn finalize() {
    let loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    let modules: Vec<_> = loaded.iter().flat_map(HashMap::values).cloned().collect();
    drop(loaded);
    if modules.is_empty() {
        return;
    }
    let (done, ended) = sync_channel(1);
    // A lock's wait has no bound of its own.
    let leave = move || {
        for module in modules {
            let alone = module.inside.write().unwrap_or_else(PoisonError::into_inner);
            // Its failure says nothing that anybody could still use.
            let _ = module.context.clone().finalize();
            // Nobody gets in any more.
            std::mem::forget(alone);
        }
        // Whoever waited may have given up.
        let _ = done.send(());
    };
    if std::thread::Builder::new().name("pkcs11-end".to_owned()).spawn(leave).is_ok() {
        let _ = ended.recv_timeout(LEAVE_TIME);
    }
}

fn start(context: &Pkcs11) -> Result<(), Error> {
    match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        other => other,
    }
}
