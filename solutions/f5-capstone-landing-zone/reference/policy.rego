package zone

import rego.v1

# From the security unit: the region of a zone. Tags, stores, wildcards and retention are not looked at yet.
deny contains {"rule": "region", "part": ""} if {
    not input.region in data.regions[input.data_class]
}
