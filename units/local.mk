# SPDX-License-Identifier: LGPL-2.1-or-later
# Units, user and state directory. The files here have fixed names; installed, they bear the service's name.

UNITS = units/db.socket units/db.service units/db@.socket units/db@.service
SYSTEMD_FILES = $(UNITS) units/sysusers.conf units/tmpfiles.conf

noinst_DATA = $(SYSTEMD_FILES)
CLEANFILES += $(SYSTEMD_FILES)
EXTRA_DIST += units/db.socket.in units/db.service.in units/db@.socket.in units/db@.service.in \
	units/sysusers.conf.in units/tmpfiles.conf.in

$(SYSTEMD_FILES): Makefile
	$(AM_V_GEN)$(MKDIR_P) units && $(substitute) '$(srcdir)/$@.in' >'$@.tmp' && mv '$@.tmp' '$@'
units/db.socket: units/db.socket.in
units/db.service: units/db.service.in
units/db@.socket: units/db@.socket.in
units/db@.service: units/db@.service.in
units/sysusers.conf: units/sysusers.conf.in
units/tmpfiles.conf: units/tmpfiles.conf.in

install-data-local: install-systemd-files
uninstall-local: uninstall-systemd-files

.PHONY: install-systemd-files uninstall-systemd-files
install-systemd-files: $(SYSTEMD_FILES)
if INSTALL_SYSTEMDSYSTEMUNITDIR
	$(MKDIR_P) '$(DESTDIR)$(systemdsystemunitdir)'
	for u in .socket .service @.socket @.service; do \
	    $(INSTALL_DATA) "units/db$$u" "$(DESTDIR)$(systemdsystemunitdir)/$(SERVICE_NAME)$$u" || exit 1; done
endif
if INSTALL_SYSUSERSDIR
	$(MKDIR_P) '$(DESTDIR)$(sysusersdir)'
	$(INSTALL_DATA) units/sysusers.conf '$(DESTDIR)$(sysusersdir)/$(SERVICE_NAME).conf'
endif
if INSTALL_TMPFILESDIR
	$(MKDIR_P) '$(DESTDIR)$(tmpfilesdir)'
	$(INSTALL_DATA) units/tmpfiles.conf '$(DESTDIR)$(tmpfilesdir)/$(SERVICE_NAME).conf'
endif

uninstall-systemd-files:
if INSTALL_SYSTEMDSYSTEMUNITDIR
	for u in .socket .service @.socket @.service; do \
	    rm -f "$(DESTDIR)$(systemdsystemunitdir)/$(SERVICE_NAME)$$u"; done
endif
if INSTALL_SYSUSERSDIR
	rm -f '$(DESTDIR)$(sysusersdir)/$(SERVICE_NAME).conf'
endif
if INSTALL_TMPFILESDIR
	rm -f '$(DESTDIR)$(tmpfilesdir)/$(SERVICE_NAME).conf'
endif
