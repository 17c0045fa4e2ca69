//! Numbers that stand for the names of types and parameters in keys.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, RwLock};

use fjall::Keyspace;

use fhir::search::Param;

use super::counts::is_counted;
use super::fault;
use super::keys::{NAME_PARAM, NAME_REFERENCE, NAME_TYPE, name};
use crate::StoreError;
use crate::index::cursor::Cursor;

/// All names of a tenant; they only become more.
#[derive(Debug, Default)]
pub(super) struct Names {
    table: RwLock<Table>,
}

#[derive(Debug, Default)]
struct Table {
    types: HashMap<Arc<str>, u16>,
    type_names: Vec<Arc<str>>,
    params: HashMap<u16, HashMap<Arc<str>, u16>>,
    param_names: Vec<Param>,
    references: HashSet<u16>,
    /// Parameters whose values are not counted.
    uncounted: HashSet<u16>,
}

impl Names {
    /// Reads all names.
    pub(super) fn load(key_space: &Keyspace) -> Result<Self, StoreError> {
        let mut table = Table::default();
        let damaged = || fault::damaged("facts", "a name is not readable");
        for kind in [NAME_TYPE, NAME_PARAM, NAME_REFERENCE] {
            for guard in key_space.prefix([kind]) {
                let (key, value) = guard.into_inner().map_err(|e| fault::reading("facts", &e))?;
                let id = Cursor(&key[1..]).u16().ok_or_else(damaged)?;
                table.add(kind, id, &value).ok_or_else(damaged)?;
            }
        }
        Ok(Self { table: RwLock::new(table) })
    }

    /// The number of a type, if it has one.
    pub(super) fn type_id(&self, resource: &str) -> Option<u16> {
        self.read().types.get(resource).copied()
    }

    /// The number of a parameter, if it has one.
    pub(super) fn param_id(&self, param: &Param) -> Option<u16> {
        let table = self.read();
        let type_id = table.types.get(&param.resource)?;
        table.params.get(type_id)?.get(&param.code).copied()
    }

    /// The parameter of a number.
    pub(super) fn param(&self, id: u16) -> Option<Param> {
        self.read().param_names.get(usize::from(id)).cloned()
    }

    /// The type that a parameter is on.
    pub(super) fn resource_of(&self, param: u16) -> Option<Arc<str>> {
        let table = self.read();
        table.param_names.get(usize::from(param)).map(|param| Arc::clone(&param.resource))
    }

    /// Are the values of a parameter counted?
    pub(super) fn is_counted(&self, param: u16) -> bool {
        !self.read().uncounted.contains(&param)
    }

    /// The name of a type.
    pub(super) fn type_name(&self, id: u16) -> Option<Arc<str>> {
        self.read().type_names.get(usize::from(id)).cloned()
    }

    /// All types.
    pub(super) fn types(&self) -> Vec<Arc<str>> {
        self.read().type_names.clone()
    }

    /// All parameters.
    pub(super) fn params(&self) -> Vec<Param> {
        self.read().param_names.clone()
    }

    /// The parameters that hold references.
    pub(super) fn reference_params(&self) -> Vec<u16> {
        self.read().references.iter().copied().collect()
    }

    /// The number of a type; a new one is written to `key_space`. It is durable with whatever is
    /// written after it, since the journal keeps the order.
    pub(super) fn intern_type(
        &self,
        key_space: &Keyspace,
        resource: &Arc<str>,
    ) -> Result<u16, StoreError> {
        if let Some(id) = self.type_id(resource) {
            return Ok(id);
        }
        let mut table = self.write();
        if let Some(id) = table.types.get(resource) {
            return Ok(*id);
        }
        let id = next(table.type_names.len(), "types")?;
        insert(key_space, NAME_TYPE, id, resource.as_bytes())?;
        table.add_type(id, resource);
        Ok(id)
    }

    /// The number of a parameter, as [`Names::intern_type`].
    pub(super) fn intern_param(
        &self,
        key_space: &Keyspace,
        param: &Param,
        is_reference: bool,
    ) -> Result<u16, StoreError> {
        let known = self.param_id(param);
        if let Some(id) = known
            && (!is_reference || self.read().references.contains(&id))
        {
            return Ok(id);
        }
        let type_id = self.intern_type(key_space, &param.resource)?;
        let mut table = self.write();
        let known = table.params.get(&type_id).and_then(|codes| codes.get(&param.code)).copied();
        let id = match known {
            Some(id) => id,
            None => {
                let id = next(table.param_names.len(), "parameters")?;
                let value = [&type_id.to_be_bytes(), param.code.as_bytes()].concat();
                insert(key_space, NAME_PARAM, id, &value)?;
                table.add_param(id, type_id, param.clone());
                id
            }
        };
        if is_reference && !table.references.contains(&id) {
            insert(key_space, NAME_REFERENCE, id, &[])?;
            table.references.insert(id);
        }
        Ok(id)
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Table> {
        self.table.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Table {
    fn add(&mut self, kind: u8, id: u16, value: &[u8]) -> Option<()> {
        match kind {
            NAME_TYPE => {
                let name = Arc::from(std::str::from_utf8(value).ok()?);
                (usize::from(id) == self.type_names.len()).then(|| self.add_type(id, &name))
            }
            NAME_PARAM => {
                let mut cursor = Cursor(value);
                let type_id = cursor.u16()?;
                let resource = self.type_names.get(usize::from(type_id))?.clone();
                let code = std::str::from_utf8(cursor.0).ok()?;
                let param = Param::new(resource, code);
                (usize::from(id) == self.param_names.len())
                    .then(|| self.add_param(id, type_id, param))
            }
            _ => {
                self.references.insert(id);
                Some(())
            }
        }
    }

    fn add_type(&mut self, id: u16, name: &Arc<str>) {
        self.types.insert(Arc::clone(name), id);
        self.type_names.push(Arc::clone(name));
    }

    fn add_param(&mut self, id: u16, type_id: u16, param: Param) {
        self.params.entry(type_id).or_default().insert(Arc::clone(&param.code), id);
        if !is_counted(&param.code) {
            self.uncounted.insert(id);
        }
        self.param_names.push(param);
    }
}

fn next(len: usize, what: &str) -> Result<u16, StoreError> {
    u16::try_from(len).map_err(|_| StoreError::Fault(format!("more than 65,536 {what}")))
}

fn insert(key_space: &Keyspace, kind: u8, id: u16, value: &[u8]) -> Result<(), StoreError> {
    key_space
        .insert(name(kind, id), value)
        .map_err(|error| fault::writing(key_space.path(), &error))
}
