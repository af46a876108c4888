//! French.

use super::Texts;

pub static TEXTS: Texts = Texts {
    code: "fr",
    payment_to: "Paiement à",
    waiting_title: "En attente de votre accord",
    waiting_text: "Confirmez la demande sur votre téléphone avec votre code PIN mobile money. Cette page suit le paiement d’elle-même.",
    successful_title: "Paiement reçu",
    successful_text: "Merci. Vous pouvez fermer cette page.",
    failed_title: "Paiement non abouti",
    failed_text: "Rien n’a été prélevé sur votre compte.",
    reference: "Référence",
    return_to_merchant: "Retour chez le marchand",
    simulated_phone: "Téléphone simulé",
    simulated_phone_text: "Ceci est un bac à sable : aucun vrai téléphone ne sonne. Répondez ici à la place du client, ou attendez.",
    approve: "Accepter",
    refuse: "Refuser",
    card_waiting_text: "Terminez le paiement là où vous l’avez commencé. Cette page suit le paiement d’elle-même.",
    bank_title: "Banque simulée",
    bank_text: "Ceci est un bac à sable : aucune vraie banque n’est interrogée. Acceptez ou refusez le paiement ici, comme le ferait le titulaire de la carte.",
    card_ending_in: "Carte finissant par",
    not_found_title: "Paiement introuvable",
    not_found_text: "L’adresse est incomplète ou périmée. Demandez-en une nouvelle au marchand.",
    sandbox_title: "Le bac à sable est en marche",
    sandbox_text: "L’argent est simulé ici. Votre serveur peut encaisser et suivre des paiements à cette adresse exactement comme en production.",
    sandbox_base_url: "URL de base de l’API",
    sandbox_credentials: "La clé d’API, le numéro de compte, la clé de chiffrement et le secret webhook ont été affichés dans le terminal au démarrage, avec une première requête à coller.",
    sandbox_next: "Lisez ensuite GET /balance et GET /transactions, et voyez le webhook arriver à l’adresse donnée par --webhook-url.",
};
