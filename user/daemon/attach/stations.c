// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* MAC addresses of an interface: see stations.h. */
#include "stations.h"

/*
 * On the port of a bridge, a bond or a switch in software frames may be for
 * anybody; where the kernel does not tell its addresses, or there are too many,
 * nobody is refused.
 */
void stations_publish(const struct iface *i, const struct link_info *info,
		      const struct dataplane *dp)
{
	bool told = info->mac && !info->master;
	struct hf_stations row = {};
	uint64_t mac[HF_STATIONS_MAX];
	int nr = -1;

	if (told)
		nr = link_stations(info->ifindex, mac, HF_STATIONS_MAX);
	if (nr >= 0 && nr < HF_STATIONS_MAX) {
		row.mac[row.nr++] = info->mac;
		for (int n = 0; n < nr; n++)
			row.mac[row.nr++] = mac[n];
	}
	map_write(&dp->maps, HF_MAP_STATIONS, i->slot, &row);
}
