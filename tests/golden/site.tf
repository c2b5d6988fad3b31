# cluster fra1
resource "harvester_setting" "fra1_storage_network" {
  name  = "storage-network"
  value = "{\"vlan\":100,\"clusterNetwork\":\"storage\",\"range\":\"172.20.1.0/26\",\"exclude\":[\"172.20.1.1/32\"]}"
}

# cluster fra1
resource "harvester_setting" "fra1_rwx_network" {
  name  = "rwx-network"
  value = "{\"share-storage-network\":false,\"network\":{\"vlan\":101,\"clusterNetwork\":\"storage\",\"range\":\"172.20.1.128/26\"}}"
}

# cluster fra1
resource "harvester_setting" "fra1_vm_migration_network" {
  name  = "vm-migration-network"
  value = "{\"vlan\":102,\"clusterNetwork\":\"storage\",\"range\":\"172.20.5.0/29\"}"
}
