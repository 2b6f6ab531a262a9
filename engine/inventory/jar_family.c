/* well-known families of artifacts whose builds do not put their group id into their jars */
#include "inventory/jar_identity.h"

#include <string.h>

/* Most are built with Gradle, which writes no pom.properties. An artifact belongs to a family if its id is `artifact`,
 * or begins with it and a hyphen, or with it alone if that ends with a separator; and if one of its classes lies in
 * `folder`, which its own code alone does. Of several families, the first counts. */
static const struct jar_family { const char *artifact, *folder, *group; } families_known[] = {
	{"spring-boot", "org/springframework/boot/", "org.springframework.boot"},
	{"spring-security-", "org/springframework/security/", "org.springframework.security"},
	{"spring-data-", "org/springframework/data/", "org.springframework.data"},
	{"spring-cloud-", "org/springframework/cloud/", "org.springframework.cloud"},
	{"spring-batch-", "org/springframework/batch/", "org.springframework.batch"},
	{"spring-integration-", "org/springframework/integration/", "org.springframework.integration"},
	{"spring-kafka", "org/springframework/kafka/", "org.springframework.kafka"},
	{"spring-session-", "org/springframework/session/", "org.springframework.session"},
	{"spring-ldap-", "org/springframework/ldap/", "org.springframework.ldap"},
	{"spring-amqp", "org/springframework/amqp/", "org.springframework.amqp"},
	{"spring-rabbit", "org/springframework/amqp/", "org.springframework.amqp"},
	{"spring-jcl", "org/apache/commons/logging/", "org.springframework"},
	{"spring-", "org/springframework/", "org.springframework"},
	{"kotlin-", "kotlin/", "org.jetbrains.kotlin"},
	{"kotlinx-", "kotlinx/", "org.jetbrains.kotlinx"},
	{"scala-", "scala/", "org.scala-lang"},
	{"okhttp", "okhttp3/", "com.squareup.okhttp3"},
	{"okio", "okio/", "com.squareup.okio"},
	{"retrofit", "retrofit2/", "com.squareup.retrofit2"},
	{"reactor-netty", "reactor/netty/", "io.projectreactor.netty"},
	{"reactor-", "reactor/", "io.projectreactor"},
	{"micrometer-", "io/micrometer/", "io.micrometer"},
	{"grpc-", "io/grpc/", "io.grpc"},
	{"bcprov-", "org/bouncycastle/", "org.bouncycastle"},
	{"bcpkix-", "org/bouncycastle/", "org.bouncycastle"},
	{"bcutil-", "org/bouncycastle/", "org.bouncycastle"},
	{"bcpg-", "org/bouncycastle/", "org.bouncycastle"},
	{"bctls-", "org/bouncycastle/", "org.bouncycastle"},
	{"tomcat-embed-", "org/apache/", "org.apache.tomcat.embed"},
	{"tomcat-", "org/apache/", "org.apache.tomcat"},
	{"kafka-", "org/apache/kafka/", "org.apache.kafka"},
	{"kafka_", "kafka/", "org.apache.kafka"},
	{"lucene-", "org/apache/lucene/", "org.apache.lucene"},
	{"elasticsearch", "org/elasticsearch/", "org.elasticsearch"},
	{"opensearch", "org/opensearch/", "org.opensearch"},
	{"postgresql", "org/postgresql/", "org.postgresql"},
	{"mysql-connector-j", "com/mysql/", "com.mysql"},
	{"mysql-connector-java", "com/mysql/", "mysql"},
	{"commons-beanutils", "org/apache/commons/beanutils/", "commons-beanutils"},
	{"commons-collections", "org/apache/commons/collections/", "commons-collections"},
	{"commons-fileupload", "org/apache/commons/fileupload/", "commons-fileupload"},
	{"commons-httpclient", "org/apache/commons/httpclient/", "commons-httpclient"},
	{"commons-io", "org/apache/commons/io/", "commons-io"},
	{"commons-lang", "org/apache/commons/lang/", "commons-lang"},
	{"commons-logging", "org/apache/commons/logging/", "commons-logging"},
	{"log4j", "org/apache/log4j/", "log4j"},
	{"antlr", "antlr/", "antlr"},
	{"armeria", "com/linecorp/armeria/", "com.linecorp.armeria"},
	{"asm", "org/objectweb/asm/", "org.ow2.asm"},
	{"aspectjrt", "org/aspectj/", "org.aspectj"},
	{"aspectjweaver", "org/aspectj/", "org.aspectj"},
	{"brave", "brave/", "io.zipkin.brave"},
	{"checker-qual", "org/checkerframework/", "org.checkerframework"},
	{"h2", "org/h2/", "com.h2database"},
	{"hibernate-commons-annotations", "org/hibernate/annotations/common/", "org.hibernate.common"},
	{"javax.inject", "javax/inject/", "javax.inject"},
	{"libthrift", "org/apache/thrift/", "org.apache.thrift"},
	{"lz4-java", "net/jpountz/", "org.lz4"},
	{"perfmark-", "io/perfmark/", "io.perfmark"},
	{"reactive-streams", "org/reactivestreams/", "org.reactivestreams"},
	{"zipkin", "zipkin2/", "io.zipkin.zipkin2"},
	{"mockito-", "org/mockito/", "org.mockito"},
	{"junit-jupiter", "org/junit/jupiter/", "org.junit.jupiter"},
};

static bool has_naming(span artifact, const char *name)
{
	size_t length = strlen(name);
	if (!span_starts(artifact, name))
		return false;
	return artifact.len == length || artifact.ptr[length] == '-' || name[length - 1] == '-' || name[length - 1] == '_';
}

void jar_family_find(span artifact, struct jar_families *families)
{
	size_t count = 0;
	*families = (struct jar_families){0};
	for (size_t i = 0; i < sizeof families_known / sizeof *families_known && count < JAR_FAMILIES; i++)
		if (has_naming(artifact, families_known[i].artifact))
			families->candidates[count++] = &families_known[i];
}

void jar_family_see(struct jar_families *families, span class_path)
{
	for (size_t i = 0; i < JAR_FAMILIES && families->candidates[i]; i++)
		if (!families->confirmed[i])
			families->confirmed[i] = span_starts(class_path, families->candidates[i]->folder);
}

const char *jar_family_group(const struct jar_families *families)
{
	for (size_t i = 0; i < JAR_FAMILIES && families->candidates[i]; i++)
		if (families->confirmed[i])
			return families->candidates[i]->group;
	return "";
}
