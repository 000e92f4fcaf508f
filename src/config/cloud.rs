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

#[cfg(test)]
mod tests {
    use super::*;

    const CLOUDS: [(&str, Cloud); 3] = [("public", Cloud::Public), ("usgov", Cloud::UsGov), ("china", Cloud::China)];

    /// Microsoft Learn, "Microsoft Entra authentication and national clouds", "National cloud deployments" of Graph, and
    /// "Azure Key Vault DNS suffixes".
    #[test]
    fn each_cloud_has_the_hosts_that_microsoft_documents() {
        let hosts = |cloud: Cloud| [cloud.authority(), cloud.graph(), cloud.vault_suffix()];
        assert_eq!(
            hosts(Cloud::Public),
            ["https://login.microsoftonline.com", "https://graph.microsoft.com", ".vault.azure.net"]
        );
        assert_eq!(
            hosts(Cloud::UsGov),
            ["https://login.microsoftonline.us", "https://graph.microsoft.us", ".vault.usgovcloudapi.net"]
        );
        assert_eq!(
            hosts(Cloud::China),
            ["https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn", ".vault.azure.cn",]
        );
    }

    #[test]
    fn no_cloud_shares_a_host_or_an_audience_with_another() {
        for (name, cloud) in CLOUDS {
            assert_eq!(name.parse(), Ok(cloud));
            for (_, other) in CLOUDS.into_iter().filter(|(_, other)| *other != cloud) {
                assert_ne!(cloud.authority(), other.authority());
                assert_ne!(cloud.graph(), other.graph());
                assert_ne!(cloud.vault_suffix(), other.vault_suffix());
                assert_ne!(cloud.federation_audience(), other.federation_audience());
            }
        }
    }

    #[test]
    fn the_audience_of_the_federated_credential_is_the_one_of_its_cloud() {
        assert_eq!(Cloud::Public.federation_audience(), "api://AzureADTokenExchange");
        assert_eq!(Cloud::UsGov.federation_audience(), "api://AzureADTokenExchangeUSGov");
        assert_eq!(Cloud::China.federation_audience(), "api://AzureADTokenExchangeChina");
    }
}
