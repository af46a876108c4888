//! Which page of a list a query asks for.

use domain::limits;

use crate::api::problem::FieldFault;

#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// From 1.
    pub page: u64,
    pub limit: u32,
}

impl Paging {
    pub const FIRST: Paging = Paging { page: 1, limit: limits::PAGE_ROWS_DEFAULT };

    /// Takes one parameter of the query. Others are ignored, as unknown body fields are.
    pub fn take(&mut self, name: &str, value: &str) -> Result<(), FieldFault> {
        let fault = |field, message: &str| FieldFault { field, message: message.to_owned() };
        let whole = value.parse().ok().filter(|number: &u64| *number >= 1);
        match name {
            "page" => self.page = whole.ok_or(fault("page", "must be a whole number from 1"))?,
            "limit" => {
                let wanted = whole.ok_or(fault("limit", "must be a whole number from 1 to 100"))?;
                self.limit = u32::try_from(wanted).unwrap_or(u32::MAX).min(limits::PAGE_ROWS_MAX);
            }
            _ => {}
        }
        Ok(())
    }

    /// Rows before the page.
    pub fn skip(self) -> u64 {
        (self.page - 1).saturating_mul(u64::from(self.limit))
    }
}
