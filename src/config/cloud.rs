//! The Azure cloud decides every host, and the audience of the federated credential.

use std::str::FromStr;

/// `AZURE_CLOUD`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cloud {
    /// Azure.
    #[default]
    Public,
    /// Azure Government.
    UsGov,
    /// Azure operated by 21Vianet.
    China,
}

impl Cloud {
    /// Origin of Entra ID (Microsoft Learn, "National clouds").
    #[must_use]
    pub fn authority(self) -> &'static str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::UsGov => "https://login.microsoftonline.us",
            Self::China => "https://login.partner.microsoftonline.cn",
        }
    }

    /// Origin of Microsoft Graph, and the resource that its scopes belong to.
    #[must_use]
    pub fn graph(self) -> &'static str {
        match self {
            Self::Public => "https://graph.microsoft.com",
            Self::UsGov => "https://graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }

    /// The suffix of key vault host names.
    #[must_use]
    pub fn vault_suffix(self) -> &'static str {
        match self {
            Self::Public => ".vault.azure.net",
            Self::UsGov => ".vault.usgovcloudapi.net",
            Self::China => ".vault.azure.cn",
        }
    }

    /// Audience of a managed identity's token that serves as a client assertion.
    #[must_use]
    pub fn federation_audience(self) -> &'static str {
        match self {
            Self::Public => "api://AzureADTokenExchange",
            Self::UsGov => "api://AzureADTokenExchangeUSGov",
            Self::China => "api://AzureADTokenExchangeChina",
        }
    }
}

impl FromStr for Cloud {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "public" => Ok(Self::Public),
            "usgov" => Ok(Self::UsGov),
            "china" => Ok(Self::China),
            _ => Err(()),
        }
    }
}
