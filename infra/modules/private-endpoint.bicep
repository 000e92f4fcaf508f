// One private endpoint, with the DNS record that leads to it.

import { PrivateLink, Tags } from 'types.bicep'

@description('Region.')
param location string

@description('Tags for every resource.')
param tags Tags

@description('Resource that is reached.')
param targetId string

@description('Sub-resource that is reached.')
@allowed(['blob', 'Sql', 'vault', 'sites'])
param groupId string

@description('Subnet and zone.')
param privateLink PrivateLink

var name = 'pe-${last(split(targetId, '/'))}'

resource endpoint 'Microsoft.Network/privateEndpoints@2024-10-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: privateLink.subnetId }
    customNetworkInterfaceName: '${name}-nic'
    privateLinkServiceConnections: [
      {
        name: groupId
        properties: {
          privateLinkServiceId: targetId
          groupIds: [groupId]
        }
      }
    ]
  }

  resource zones 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: groupId
          properties: { privateDnsZoneId: privateLink.zoneId }
        }
      ]
    }
  }
}
