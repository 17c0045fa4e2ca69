//! The end of a record whose patient has died: nothing is planned any more, nothing is taken.
//!
//! <https://hl7.org/fhir/R4/patient-definitions.html#Patient.deceased_x_>

use serde_json::{Value, json};

use super::record::Record;

impl Record {
    /// Lets the patient die at the end of the record's last day.
    pub(crate) fn die(&mut self) {
        let day = self.today.to_string();
        self.retain(|resource| resource["resourceType"] != "Appointment");
        self.change(|resource| end(resource, &day));
    }
}

fn end(resource: &mut Value, day: &str) {
    let set = |resource: &mut Value, element: &str, value: Value| resource[element] = value;
    let active = resource["status"] == "active";
    match resource["resourceType"].as_str().unwrap_or_default() {
        "Patient" => set(resource, "deceasedDateTime", day.into()),
        "Goal" => {
            set(resource, "lifecycleStatus", "cancelled".into());
            set(resource, "statusReason", "Patient died".into());
        }
        "CarePlan" => {
            set(resource, "status", "revoked".into());
            resource["period"]["end"] = day.into();
            for activity in resource["activity"].as_array_mut().into_iter().flatten() {
                activity["detail"]["status"] = "stopped".into();
            }
        }
        "CareTeam" => {
            set(resource, "status", "inactive".into());
            resource["period"]["end"] = day.into();
        }
        "Coverage" => {
            set(resource, "status", "cancelled".into());
            resource["period"]["end"] = day.into();
        }
        "MedicationRequest" if active => {
            set(resource, "status", "stopped".into());
            set(resource, "statusReason", json!({ "text": "Patient died" }));
        }
        "MedicationStatement" if active => {
            set(resource, "status", "stopped".into());
            resource["effectivePeriod"]["end"] = day.into();
        }
        "DeviceUseStatement" if active => set(resource, "status", "completed".into()),
        _ => {}
    }
}
