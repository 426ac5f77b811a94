# shellcheck shell=bash
# Kafka in KRaft mode: one process which is broker and controller, from Maven's jars (../kafka/pom.xml).

kafka_ports() {
	echo BFF_STACK_KAFKA_PORT 9092
	echo BFF_STACK_KAFKA_CONTROLLER_PORT 9093
}

kafka_packages() {
	java_packages
	kafka_jars_complete || package_unless mvn maven
}

# kafka_jars prints the folder of the jars. It lies outside the stack's folder: wiping data keeps it.
kafka_jars() {
	echo "$CACHE_DIR/kafka-libs-$(sed -nE 's|.*<kafka.version>(.*)</kafka.version>.*|\1|p' "$DEPLOY/kafka/pom.xml")"
}

# The marker is a copy of the pom.xml that the jars came from: half a download has none, a changed pom differs.
kafka_jars_complete() {
	cmp -s "$DEPLOY/kafka/pom.xml" "$(kafka_jars)/complete.xml"
}

kafka_install() {
	local jars lock
	mkdir -p "$CACHE_DIR"
	exec {lock}>"$CACHE_DIR/kafka.lock" # two stacks may share the cache
	flock -w 600 "$lock" || die "another stack.sh has been fetching Kafka's jars for ten minutes"

	if ! kafka_jars_complete; then
		jars=$(kafka_jars)
		echo "kafka: fetching 43 MB of jars with Maven into $jars"
		rm -rf "$jars" "$jars.partial"
		mvn -q -B -f "$DEPLOY/kafka/pom.xml" dependency:copy-dependencies \
			-DincludeScope=runtime -DoutputDirectory="$jars.partial" >&2 </dev/null || die "Maven could not fetch Kafka's jars"
		cp "$DEPLOY/kafka/pom.xml" "$jars.partial/complete.xml"
		mv "$jars.partial" "$jars"
	fi
	exec {lock}>&-
}

kafka_program() {
	echo java
}

kafka_start() {
	local folder=$1 java jars
	java=$(java_program)
	jars=$(kafka_jars)

	kafka_config "$folder"
	[ -e "$folder/data/meta.properties" ] || kafka_format "$folder" "$java" "$jars"

	launch kafka "$java" -Xms128m -Xmx384m -XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError \
		-Djava.net.preferIPv4Stack=true -Dlog4j2.configurationFile="$folder/log4j2.properties" \
		-cp "$jars/*" kafka.Kafka "$folder/server.properties"
}

# One node cannot hold three replicas, Kafka's default. The internal topics get three partitions, not fifty: each
# costs files and a first consumer would wait for all of them. The log cleaner's default buffer is 128 MB of heap.
# A killed broker may register again only when its old session is over: with the default of 9 s that is the restart.
kafka_config() {
	local broker controller
	broker=127.0.0.1:$(port kafka BFF_STACK_KAFKA_PORT)
	controller=127.0.0.1:$(port kafka BFF_STACK_KAFKA_CONTROLLER_PORT)
	cat >"$1/server.properties" <<-CONFIG
		process.roles=broker,controller
		node.id=1
		controller.quorum.bootstrap.servers=$controller
		listeners=PLAINTEXT://$broker,CONTROLLER://$controller
		advertised.listeners=PLAINTEXT://$broker,CONTROLLER://$controller
		controller.listener.names=CONTROLLER
		inter.broker.listener.name=PLAINTEXT
		listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
		log.dirs=$1/data

		auto.create.topics.enable=true
		num.partitions=3
		default.replication.factor=1
		min.insync.replicas=1
		offsets.topic.num.partitions=3
		offsets.topic.replication.factor=1
		transaction.state.log.num.partitions=3
		transaction.state.log.replication.factor=1
		transaction.state.log.min.isr=1
		share.coordinator.state.topic.num.partitions=3
		share.coordinator.state.topic.replication.factor=1
		share.coordinator.state.topic.min.isr=1
		broker.session.timeout.ms=3000
		broker.heartbeat.interval.ms=500
		group.initial.rebalance.delay.ms=0
		log.cleaner.dedupe.buffer.size=8388608
	CONFIG
	cat >"$1/log4j2.properties" <<-'CONFIG'
		rootLogger.level=INFO
		rootLogger.appenderRef.console.ref=console
		appender.console.type=Console
		appender.console.name=console
		appender.console.layout.type=PatternLayout
		appender.console.layout.pattern=%d %p %c{1}: %m%n
	CONFIG
}

# A cluster id is 16 random bytes in base64url, so no JVM is started to draw one.
kafka_format() {
	local folder=$1 java=$2 jars=$3 id
	id=$(head -c 16 /dev/urandom | base64 | tr '+/' 'AB' | tr -d '=')
	"$java" -XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile="$folder/log4j2.properties" -cp "$jars/*" \
		kafka.tools.StorageTool format --standalone --ignore-formatted -t "$id" -c "$folder/server.properties" \
		>"$folder/log" 2>&1 </dev/null || fail kafka "could not format its data folder"
}

# A FindCoordinator request, version 0: correlation id 7, no client id, who coordinates the group "stack"? The answer
# is four bytes of length, the correlation id, and error code 0 once there is a coordinator. Asking makes a fresh
# broker create its offsets topic; otherwise the first consumer of all would wait for it, some clients ten seconds.
kafka_answers() {
	local request='\0\0\0\021\0\012\0\0\0\0\0\07\0377\0377\0\05stack' answer
	answer=$(ask "$(port kafka BFF_STACK_KAFKA_PORT)" "$request" 10 | od -An -v -tx1 | tr -d ' \n')
	[[ $answer == ????????000000070000 ]]
}

kafka_address() {
	echo "127.0.0.1:$(port kafka BFF_STACK_KAFKA_PORT)"
}

kafka_variable() {
	echo KAFKA
}
