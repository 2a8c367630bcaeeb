# Sets $java to the java of a JDK 25, from JAVA_HOME or from the usual places. Sourced by scripts.
java=
for home in "${JAVA_HOME:-}" /usr/lib/jvm/*25* /Library/Java/JavaVirtualMachines/*25*/Contents/Home; do
    if [ -x "$home/bin/java" ] && "$home/bin/java" -version 2>&1 | grep -q '"25'; then
        java=$home/bin/java
        break
    fi
done
[ -n "$java" ] || { echo "needs a JDK 25; set JAVA_HOME to one" >&2; exit 1; }
