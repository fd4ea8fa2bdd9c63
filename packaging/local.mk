# SPDX-License-Identifier: LGPL-2.1-or-later

EXTRA_DIST += packaging/quickstart packaging/build-deb packaging/copy-tree \
	packaging/proxy/nginx.conf packaging/proxy/apache.conf \
	packaging/debian/changelog packaging/debian/control packaging/debian/copyright \
	packaging/debian/docs packaging/debian/examples packaging/debian/postinst \
	packaging/debian/postrm packaging/debian/prerm \
	packaging/debian/rules packaging/debian/source/format packaging/debian/tests/control \
	packaging/debian/tests/smoke
