# shellcheck shell=bash
# Java for ZooKeeper and Kafka. Kafka 4 needs 17, so one rule serves both.

# java_program prints the first Java that is new enough: the caller's choice, then PATH, then Debian's folder.
java_program() {
	local java version
	for java in ${JAVA_HOME:+"$JAVA_HOME/bin/java"} "$(command -v java || true)" /usr/lib/jvm/*/bin/java; do
		[ -x "$java" ] || continue
		version=$("$java" -version 2>&1 | sed -nE '1,3s/.*version "([0-9]+).*/\1/p')
		if ((${version:-0} >= 17)); then
			echo "$java"
			return
		fi
	done
	return 1
}

java_packages() {
	java_program >/dev/null && return
	if apt-cache show openjdk-17-jre-headless >/dev/null 2>&1; then
		echo openjdk-17-jre-headless
	else
		echo default-jre-headless
	fi
}
