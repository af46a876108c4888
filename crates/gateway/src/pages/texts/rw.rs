//! Kinyarwanda.

use super::Texts;

pub static TEXTS: Texts = Texts {
    code: "rw",
    payment_to: "Kwishyura",
    waiting_title: "Turategereje ko wemeza",
    waiting_text: "Emeza ubusabe kuri telefone yawe ukoresheje PIN ya mobile money. Uru rupapuro rukurikirana ubwishyu ubwarwo.",
    successful_title: "Ubwishyu bwakiriwe",
    successful_text: "Murakoze. Mushobora gufunga uru rupapuro.",
    failed_title: "Ubwishyu ntibwarangiye",
    failed_text: "Nta mafaranga yakuwe kuri konti yawe.",
    reference: "Nimero y’ubwishyu",
    return_to_merchant: "Subira ku mucuruzi",
    simulated_phone: "Telefone y’igerageza",
    simulated_phone_text: "Aha ni ahagenewe igerageza: nta telefone nyayo ihamagarwa. Subiza hano mu mwanya w’umukiriya, cyangwa utegereze.",
    approve: "Emeza",
    refuse: "Anga",
    card_waiting_text: "Rangiriza ubwishyu aho wabutangiriye. Uru rupapuro rukurikirana ubwishyu ubwarwo.",
    bank_title: "Banki y’igerageza",
    bank_text: "Aha ni ahagenewe igerageza: nta banki nyayo ibazwa. Emeza cyangwa wange ubwishyu hano, nk’uko nyir’ikarita yabigenza.",
    card_ending_in: "Ikarita irangizwa na",
    not_found_title: "Ubwo bwishyu ntibubonetse",
    not_found_text: "Aderesi ntiyuzuye cyangwa yarengeje igihe. Saba umucuruzi indi nshya.",
    sandbox_title: "Ahagenewe igerageza harakora",
    sandbox_text: "Amafaranga yo hano ni ay’igerageza. Seriveri yawe ishobora kwakira no gukurikirana ubwishyu kuri iyi aderesi nk’uko byagenda mu buryo nyabwo.",
    sandbox_base_url: "Aderesi y’ibanze ya API",
    sandbox_credentials: "Urufunguzo rwa API, nimero ya konti, urufunguzo rwo guhisha amakuru n’ibanga rya webhook byanditswe muri terminal igihe igerageza ryatangiraga, hamwe n’ubusabe bwa mbere bwo gukoporora.",
    sandbox_next: "Hanyuma soma GET /balance na GET /transactions, urebe webhook igera kuri aderesi yatanzwe na --webhook-url.",
};
