// Types that more than one module uses.

@export()
@description('Tags, put on every resource.')
type Tags = {
  @description('Value of a tag.')
  *: string
}

@export()
@description('A managed identity: the values that other resources need.')
type Identity = {
  @description('Resource id.')
  id: string

  @description('Client id: says which identity a token is wanted for.')
  clientId: string

  @description('Object id, to which roles are assigned.')
  principalId: string
}

@export()
@description('Where a private endpoint goes. Absent: the public endpoint is used, and Entra tokens alone protect it.')
type PrivateLink = {
  @description('Subnet for private endpoints.')
  subnetId: string

  @description('Private DNS zone for the name of the service, linked to the network.')
  zoneId: string
}
