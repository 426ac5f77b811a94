# shellcheck shell=bash
# ZooKeeper: one server, Debian's jars.

zookeeper_ports() {
	echo BFF_STACK_ZOOKEEPER_PORT 2181
}

zookeeper_packages() {
	java_packages
	package_unless /usr/share/java/zookeeper.jar libzookeeper-java
	package_unless /usr/share/java/slf4j-log4j12.jar libslf4j-java
	package_unless /usr/share/java/log4j-1.2.jar liblog4j1.2-java
}

zookeeper_install() {
	:
}

zookeeper_program() {
	echo java
}

# Short ticks, because a provider which was killed stays listed for one session timeout, and the server refuses
# timeouts outside its limits: tests want them short.
zookeeper_start() {
	local folder=$1 java jars=/usr/share/java
	java=$(java_program)
	mkdir -p "$folder/data"

	cat >"$folder/zoo.cfg" <<-CONFIG
		tickTime=500
		minSessionTimeout=1000
		maxSessionTimeout=60000
		clientPort=$(port zookeeper BFF_STACK_ZOOKEEPER_PORT)
		clientPortAddress=127.0.0.1
		maxClientCnxns=0
		admin.enableServer=false
		4lw.commands.whitelist=ruok,srvr,mntr,cons
		autopurge.purgeInterval=1
		dataDir=$folder/data
	CONFIG
	cat >"$folder/log4j.properties" <<-'CONFIG'
		log4j.rootLogger=INFO, console
		log4j.appender.console=org.apache.log4j.ConsoleAppender
		log4j.appender.console.layout=org.apache.log4j.PatternLayout
		log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n
	CONFIG

	# The manifest of zookeeper.jar names all it needs except a logger.
	launch zookeeper "$java" -Xms64m -Xmx256m -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError \
		-Dzookeeper.jmx.log4j.disable=true -Djava.net.preferIPv4Stack=true \
		-cp "$folder:$jars/zookeeper.jar:$jars/slf4j-log4j12.jar:$jars/log4j-1.2.jar" \
		org.apache.zookeeper.server.quorum.QuorumPeerMain "$folder/zoo.cfg"
}

# Not "ruok": it says yes before the server serves.
zookeeper_answers() {
	[[ $(ask "$(port zookeeper BFF_STACK_ZOOKEEPER_PORT)" srvr 4096) == *Mode:* ]]
}

zookeeper_address() {
	echo "127.0.0.1:$(port zookeeper BFF_STACK_ZOOKEEPER_PORT)"
}

zookeeper_variable() {
	echo ZOOKEEPER
}
