// What an app says about itself, once: whom it trusts and what it expects of its licences.

package dev.tonegate;

/** Whom an app trusts, and what it expects of its licences. Immutable. */
public final class Options {
    private final String[] fields;

    private Options(String[] fields) {
        this.fields = fields;
    }

    /**
     * Begins with nothing but the environment: production.
     *
     * @return a builder that still needs pins and an issuer
     */
    public static Builder builder() {
        return new Builder();
    }

    /** In the native library's order; it only reads them. */
    String[] fields() {
        return fields;
    }

    /** Collects options. */
    public static final class Builder {
        private String pins;
        private String issuer;
        private String environment = "production";
        private String appId;
        private String identity;

        private Builder() {}

        /**
         * The two root keys that this app trusts. Required.
         *
         * @param pins as {@code tonegate key pins} prints them
         * @return this builder
         */
        public Builder pins(String pins) {
            this.pins = pins;
            return this;
        }

        /**
         * The issuer's name. Required.
         *
         * @param issuer the licences' {@code iss}
         * @return this builder
         */
        public Builder issuer(String issuer) {
            this.issuer = issuer;
            return this;
        }

        /**
         * The world that this app runs in.
         *
         * @param environment {@code production}, which is the default, or {@code test}
         * @return this builder
         */
        public Builder environment(String environment) {
            this.environment = environment;
            return this;
        }

        /**
         * This app's AppId; any, where it is not said.
         *
         * @param appId 0 to 4294967295
         * @return this builder
         */
        public Builder appId(long appId) {
            this.appId = Long.toString(appId);
            return this;
        }

        /**
         * This app's identity, for licences that are tied to some.
         *
         * @param identity from {@link Identity}; null: none
         * @return this builder
         */
        public Builder identity(String identity) {
            this.identity = identity;
            return this;
        }

        /**
         * The options, examined.
         *
         * @return options to use as often as you like
         * @throws IllegalArgumentException where no app can be meant so; it says which is wrong
         */
        public Options build() {
            String[] fields = {pins, issuer, environment, appId, identity};
            Native.examine(fields);
            return new Options(fields);
        }
    }
}
