// Cells of the ECP5 that Yosys' own models leave empty, or describe for event-driven simulators only. All are written for
// one clock, which boards/gates/pins.py checks.

// A look-up table; Yosys' is slow where a chip is full of them.
module LUT4(input A, B, C, D, output Z);
    parameter [15:0] INIT = 0;
    assign Z = INIT[{D, C, B, A}];
endmodule

// Lattice FPGA-TN-02200. The pin runs at the frequency that the PLL makes of its crystal; boards/gates/pins.py checks
// that its settings make that frequency. It locks after a while.
module EHXPLLL(
    input CLKI, CLKFB, RST, STDBY, PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG, PLLWAKESYNC, ENCLKOP,
    output CLKOP, LOCK
);
    parameter PLLRST_ENA = "DISABLED", INTFB_WAKE = "DISABLED", STDBY_ENABLE = "DISABLED", DPHASE_SOURCE = "DISABLED";
    parameter OUTDIVIDER_MUXA = "DIVA", OUTDIVIDER_MUXB = "DIVB", OUTDIVIDER_MUXC = "DIVC", OUTDIVIDER_MUXD = "DIVD";
    parameter FEEDBK_PATH = "CLKOP", CLKOP_ENABLE = "DISABLED";
    parameter CLKI_DIV = 1, CLKFB_DIV = 1, CLKOP_DIV = 8, CLKOP_CPHASE = 0, CLKOP_FPHASE = 0;
    reg [5:0] waited = 0;
    generate
        if (FEEDBK_PATH != "CLKOP" || CLKOP_ENABLE != "ENABLED") `REFUSE("the model of EHXPLLL has one output");
        if (PLLRST_ENA != "DISABLED" || STDBY_ENABLE != "DISABLED") `REFUSE("the model of EHXPLLL never rests");
    endgenerate
    assign CLKOP = CLKI, LOCK = &waited;
    always @(posedge CLKI) if (!LOCK) waited <= waited + 1;
endmodule

// Lattice FPGA-TN-02032: a pin without registers, input or output; high while nothing drives it.
module TRELLIS_IO(inout B, input I, T, output O);
    parameter DIR = "INPUT";
    generate
        if (DIR == "INPUT") assign O = B;
        else if (DIR == "OUTPUT") assign B = I || T;
        else `REFUSE("the model of TRELLIS_IO is an input or an output");
    endgenerate
endmodule

// One of the registers of a multiplier, or none: which clock, enable and reset it has is a parameter.
module MULT18X18D_REGISTER #(
    parameter WIDTH = 1, CLOCK = "NONE", ENABLE = "CE0", RESET = "RST0", RESETMODE = "SYNC"
) (input [3:0] clock, enable, reset, input [WIDTH-1:0] d, output [WIDTH-1:0] q);
    localparam C = CLOCK == "CLK3" ? 3 : CLOCK == "CLK2" ? 2 : CLOCK == "CLK1" ? 1 : 0;
    localparam E = ENABLE == "CE3" ? 3 : ENABLE == "CE2" ? 2 : ENABLE == "CE1" ? 1 : 0;
    localparam R = RESET == "RST3" ? 3 : RESET == "RST2" ? 2 : RESET == "RST1" ? 1 : 0;
    reg [WIDTH-1:0] held;
    generate
        if (CLOCK == "NONE") assign q = d;
        else begin
            assign q = held;
            if (RESETMODE == "ASYNC") begin
                always @(posedge clock[C], posedge reset[R])
                    if (reset[R]) held <= 0;
                    else if (enable[E]) held <= d;
            end else begin
                always @(posedge clock[C])
                    if (reset[R]) held <= 0;
                    else if (enable[E]) held <= d;
            end
        end
    endgenerate
endmodule

// Lattice FPGA-TN-02205: a product of 18 x 18 bits, each factor signed or not, with registers before, within and
// behind. A factor may come from the neighbour's register instead. No cascade, and no C, which only passes by.
module MULT18X18D(
    input A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0,
    input B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0,
    input C17, C16, C15, C14, C13, C12, C11, C10, C9, C8, C7, C6, C5, C4, C3, C2, C1, C0,
    input SRIA17, SRIA16, SRIA15, SRIA14, SRIA13, SRIA12, SRIA11, SRIA10, SRIA9, SRIA8, SRIA7, SRIA6, SRIA5, SRIA4,
    SRIA3, SRIA2, SRIA1, SRIA0,
    input SRIB17, SRIB16, SRIB15, SRIB14, SRIB13, SRIB12, SRIB11, SRIB10, SRIB9, SRIB8, SRIB7, SRIB6, SRIB5, SRIB4,
    SRIB3, SRIB2, SRIB1, SRIB0,
    input SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
    input CLK3, CLK2, CLK1, CLK0, CE3, CE2, CE1, CE0, RST3, RST2, RST1, RST0,
    output SROA17, SROA16, SROA15, SROA14, SROA13, SROA12, SROA11, SROA10, SROA9, SROA8, SROA7, SROA6, SROA5, SROA4,
    SROA3, SROA2, SROA1, SROA0,
    output SROB17, SROB16, SROB15, SROB14, SROB13, SROB12, SROB11, SROB10, SROB9, SROB8, SROB7, SROB6, SROB5, SROB4,
    SROB3, SROB2, SROB1, SROB0,
    output ROA17, ROA16, ROA15, ROA14, ROA13, ROA12, ROA11, ROA10, ROA9, ROA8, ROA7, ROA6, ROA5, ROA4, ROA3, ROA2,
    ROA1, ROA0,
    output ROB17, ROB16, ROB15, ROB14, ROB13, ROB12, ROB11, ROB10, ROB9, ROB8, ROB7, ROB6, ROB5, ROB4, ROB3, ROB2,
    ROB1, ROB0,
    output P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16, P15,
    P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0,
    output SIGNEDP
);
    parameter REG_INPUTA_CLK = "NONE", REG_INPUTA_CE = "CE0", REG_INPUTA_RST = "RST0";
    parameter REG_INPUTB_CLK = "NONE", REG_INPUTB_CE = "CE0", REG_INPUTB_RST = "RST0";
    parameter REG_PIPELINE_CLK = "NONE", REG_PIPELINE_CE = "CE0", REG_PIPELINE_RST = "RST0";
    parameter REG_OUTPUT_CLK = "NONE", REG_OUTPUT_CE = "CE0", REG_OUTPUT_RST = "RST0";
    parameter RESETMODE = "SYNC", GSR = "ENABLED";
    wire [3:0] clock = {CLK3, CLK2, CLK1, CLK0}, enable = {CE3, CE2, CE1, CE0}, reset = {RST3, RST2, RST1, RST0};
    wire [17:0] a, b;
    wire signed_a, signed_b, signed_p;
    wire [35:0] product;
    MULT18X18D_REGISTER #(19, REG_INPUTA_CLK, REG_INPUTA_CE, REG_INPUTA_RST, RESETMODE) input_a (
        .clock(clock), .enable(enable), .reset(reset), .q({signed_a, a}),
        .d({SIGNEDA, SOURCEA
            ? {SRIA17, SRIA16, SRIA15, SRIA14, SRIA13, SRIA12, SRIA11, SRIA10, SRIA9, SRIA8, SRIA7, SRIA6, SRIA5,
            SRIA4, SRIA3, SRIA2, SRIA1, SRIA0}
            : {A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0}})
    );
    MULT18X18D_REGISTER #(19, REG_INPUTB_CLK, REG_INPUTB_CE, REG_INPUTB_RST, RESETMODE) input_b (
        .clock(clock), .enable(enable), .reset(reset), .q({signed_b, b}),
        .d({SIGNEDB, SOURCEB
            ? {SRIB17, SRIB16, SRIB15, SRIB14, SRIB13, SRIB12, SRIB11, SRIB10, SRIB9, SRIB8, SRIB7, SRIB6, SRIB5,
            SRIB4, SRIB3, SRIB2, SRIB1, SRIB0}
            : {B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0}})
    );
    // One bit more than a factor has, so that an unsigned one is a signed one as well.
    wire signed [18:0] left = {signed_a & a[17], a}, right = {signed_b & b[17], b};
    wire signed [37:0] exact = left * right;
    MULT18X18D_REGISTER #(37, REG_PIPELINE_CLK, REG_PIPELINE_CE, REG_PIPELINE_RST, RESETMODE) pipeline (
        .clock(clock), .enable(enable), .reset(reset), .d({signed_a | signed_b, exact[35:0]}), .q({signed_p, product})
    );
    MULT18X18D_REGISTER #(37, REG_OUTPUT_CLK, REG_OUTPUT_CE, REG_OUTPUT_RST, RESETMODE) result (
        .clock(clock), .enable(enable), .reset(reset), .d({signed_p, product}),
        .q({SIGNEDP, P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17,
        P16, P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0})
    );
    assign {SROA17, SROA16, SROA15, SROA14, SROA13, SROA12, SROA11, SROA10, SROA9, SROA8, SROA7, SROA6, SROA5,
    SROA4, SROA3, SROA2, SROA1, SROA0} = a;
    assign {ROA17, ROA16, ROA15, ROA14, ROA13, ROA12, ROA11, ROA10, ROA9, ROA8, ROA7, ROA6, ROA5, ROA4, ROA3, ROA2,
    ROA1, ROA0} = a;
    assign {SROB17, SROB16, SROB15, SROB14, SROB13, SROB12, SROB11, SROB10, SROB9, SROB8, SROB7, SROB6, SROB5,
    SROB4, SROB3, SROB2, SROB1, SROB0} = b;
    assign {ROB17, ROB16, ROB15, ROB14, ROB13, ROB12, ROB11, ROB10, ROB9, ROB8, ROB7, ROB6, ROB5, ROB4, ROB3, ROB2,
    ROB1, ROB0} = b;
endmodule

// Lattice FPGA-TN-02204: 1,024 words of two bytes of nine bits, which two ports share, each as wide as it wants to be;
// widths below nine do without the ninth bits. A port of 36 bits takes the data pins of both. What a port reads that the
// other one writes at the same edge is undefined: here the bits come out inverted.
module DP16KD(
    input DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2,
    DIA1, DIA0,
    input ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0,
    input CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
    output DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2,
    DOA1, DOA0,
    input DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2,
    DIB1, DIB0,
    input ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0,
    input CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2,
    DOB1, DOB0
);
    parameter DATA_WIDTH_A = 18, DATA_WIDTH_B = 18, REGMODE_A = "NOREG", REGMODE_B = "NOREG";
    parameter WRITEMODE_A = "NORMAL", WRITEMODE_B = "NORMAL", CSDECODE_A = "0b000", CSDECODE_B = "0b000";
    parameter CLKAMUX = "CLKA", CLKBMUX = "CLKB", RESETMODE = "SYNC", ASYNC_RESET_RELEASE = "SYNC", GSR = "ENABLED";
    parameter [319:0] INITVAL_00 = 0, INITVAL_01 = 0, INITVAL_02 = 0, INITVAL_03 = 0;
    parameter [319:0] INITVAL_04 = 0, INITVAL_05 = 0, INITVAL_06 = 0, INITVAL_07 = 0;
    parameter [319:0] INITVAL_08 = 0, INITVAL_09 = 0, INITVAL_0A = 0, INITVAL_0B = 0;
    parameter [319:0] INITVAL_0C = 0, INITVAL_0D = 0, INITVAL_0E = 0, INITVAL_0F = 0;
    parameter [319:0] INITVAL_10 = 0, INITVAL_11 = 0, INITVAL_12 = 0, INITVAL_13 = 0;
    parameter [319:0] INITVAL_14 = 0, INITVAL_15 = 0, INITVAL_16 = 0, INITVAL_17 = 0;
    parameter [319:0] INITVAL_18 = 0, INITVAL_19 = 0, INITVAL_1A = 0, INITVAL_1B = 0;
    parameter [319:0] INITVAL_1C = 0, INITVAL_1D = 0, INITVAL_1E = 0, INITVAL_1F = 0;
    parameter [319:0] INITVAL_20 = 0, INITVAL_21 = 0, INITVAL_22 = 0, INITVAL_23 = 0;
    parameter [319:0] INITVAL_24 = 0, INITVAL_25 = 0, INITVAL_26 = 0, INITVAL_27 = 0;
    parameter [319:0] INITVAL_28 = 0, INITVAL_29 = 0, INITVAL_2A = 0, INITVAL_2B = 0;
    parameter [319:0] INITVAL_2C = 0, INITVAL_2D = 0, INITVAL_2E = 0, INITVAL_2F = 0;
    parameter [319:0] INITVAL_30 = 0, INITVAL_31 = 0, INITVAL_32 = 0, INITVAL_33 = 0;
    parameter [319:0] INITVAL_34 = 0, INITVAL_35 = 0, INITVAL_36 = 0, INITVAL_37 = 0;
    parameter [319:0] INITVAL_38 = 0, INITVAL_39 = 0, INITVAL_3A = 0, INITVAL_3B = 0;
    parameter [319:0] INITVAL_3C = 0, INITVAL_3D = 0, INITVAL_3E = 0, INITVAL_3F = 0;
    generate
        if (CSDECODE_A != "0b000" || CSDECODE_B != "0b000") `REFUSE("the model of DP16KD has no other decoding");
        if (CLKAMUX != "CLKA" || CLKBMUX != "CLKB") `REFUSE("the model of DP16KD has no falling clock");
    endgenerate

    reg [17:0] memory [0:1023];
    task set(input integer row, input [319:0] words);
        integer place;
        for (place = 0; place < 16; place = place + 1) memory[row * 16 + place] = words[place * 20 +: 18];
    endtask
    initial begin
        set(0, INITVAL_00); set(1, INITVAL_01); set(2, INITVAL_02); set(3, INITVAL_03);
        set(4, INITVAL_04); set(5, INITVAL_05); set(6, INITVAL_06); set(7, INITVAL_07);
        set(8, INITVAL_08); set(9, INITVAL_09); set(10, INITVAL_0A); set(11, INITVAL_0B);
        set(12, INITVAL_0C); set(13, INITVAL_0D); set(14, INITVAL_0E); set(15, INITVAL_0F);
        set(16, INITVAL_10); set(17, INITVAL_11); set(18, INITVAL_12); set(19, INITVAL_13);
        set(20, INITVAL_14); set(21, INITVAL_15); set(22, INITVAL_16); set(23, INITVAL_17);
        set(24, INITVAL_18); set(25, INITVAL_19); set(26, INITVAL_1A); set(27, INITVAL_1B);
        set(28, INITVAL_1C); set(29, INITVAL_1D); set(30, INITVAL_1E); set(31, INITVAL_1F);
        set(32, INITVAL_20); set(33, INITVAL_21); set(34, INITVAL_22); set(35, INITVAL_23);
        set(36, INITVAL_24); set(37, INITVAL_25); set(38, INITVAL_26); set(39, INITVAL_27);
        set(40, INITVAL_28); set(41, INITVAL_29); set(42, INITVAL_2A); set(43, INITVAL_2B);
        set(44, INITVAL_2C); set(45, INITVAL_2D); set(46, INITVAL_2E); set(47, INITVAL_2F);
        set(48, INITVAL_30); set(49, INITVAL_31); set(50, INITVAL_32); set(51, INITVAL_33);
        set(52, INITVAL_34); set(53, INITVAL_35); set(54, INITVAL_36); set(55, INITVAL_37);
        set(56, INITVAL_38); set(57, INITVAL_39); set(58, INITVAL_3A); set(59, INITVAL_3B);
        set(60, INITVAL_3C); set(61, INITVAL_3D); set(62, INITVAL_3E); set(63, INITVAL_3F);
    end

    // Bits of a pair of words that a port of some width reaches at an address: the first, and all as a mask.
    function [5:0] first_bit(input integer width, input [13:0] address);
        case (width)
            1: first_bit = address[4] * 18 + address[3] * 9 + address[2:0];
            2: first_bit = address[4] * 18 + address[3] * 9 + address[2:1] * 2;
            4: first_bit = address[4] * 18 + address[3] * 9 + address[2] * 4;
            9: first_bit = address[4] * 18 + address[3] * 9;
            18: first_bit = address[4] * 18;
            default: first_bit = 0;
        endcase
    endfunction
    function [35:0] reach(input integer width, input [13:0] address);
        reach = 36'hFFFFFFFFF >> (36 - width) << first_bit(width, address);
    endfunction
    // Bits that a write changes: wide ports have a byte enable in each of their lowest address pins.
    function [35:0] written(input integer width, input [13:0] address);
        case (width)
            36: written = {{9{address[3]}}, {9{address[2]}}, {9{address[1]}}, {9{address[0]}}};
            18: written = {18'd0, {9{address[1]}}, {9{address[0]}}} << first_bit(width, address);
            default: written = reach(width, address);
        endcase
    endfunction

    wire [13:0] address_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1,
    ADA0};
    wire [17:0] data_a = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5,
    DIA4, DIA3, DIA2, DIA1, DIA0};
    wire [13:0] address_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1,
    ADB0};
    wire [17:0] data_b = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5,
    DIB4, DIB3, DIB2, DIB1, DIB0};
    wire [35:0] both = {data_b, data_a};

    wire [8:0] pair_a = address_a[13:5];
    wire on_a = CEA && {CSA2, CSA1, CSA0} == 0 && !(RESETMODE == "SYNC" && RSTA);
    wire [35:0] change_a = on_a && WEA ? written(DATA_WIDTH_A, address_a) : 36'd0;
    wire [35:0] given_a = DATA_WIDTH_A == 36 ? both : {18'd0, data_a} << first_bit(DATA_WIDTH_A, address_a);
    wire [35:0] old_a = {memory[{pair_a, 1'b1}], memory[{pair_a, 1'b0}]};
    wire [35:0] new_a = old_a & ~change_a | given_a & change_a;
    wire [35:0] else_a = pair_a == pair_b ? change_b : 36'd0;
    wire [35:0] kept_a = new_a & ~else_a | given_b & else_a;
    wire [35:0] seen_a = (WEA && WRITEMODE_A == "WRITETHROUGH" ? new_a : old_a)
        ^ else_a;
    wire reads_a = on_a && !(WEA && WRITEMODE_A == "NORMAL");
    wire [35:0] out_a = (seen_a & reach(DATA_WIDTH_A, address_a)) >> first_bit(DATA_WIDTH_A, address_a);
    reg [35:0] latch_a, register_a;
    always @(posedge CLKA) begin
        if (change_a[17:0] != 0) memory[{pair_a, 1'b0}] <= kept_a[17:0];
        if (change_a[35:18] != 0) memory[{pair_a, 1'b1}] <= kept_a[35:18];
    end
    generate
        if (RESETMODE == "ASYNC") begin
            always @(posedge CLKA, posedge RSTA)
                if (RSTA) {register_a, latch_a} <= 0;
                else begin
                    if (reads_a) latch_a <= out_a;
                    if (OCEA) register_a <= latch_a;
                end
        end else begin
            always @(posedge CLKA)
                if (RSTA) {register_a, latch_a} <= 0;
                else begin
                    if (reads_a) latch_a <= out_a;
                    if (OCEA) register_a <= latch_a;
                end
        end
    endgenerate
    wire [35:0] shown_a = REGMODE_A == "OUTREG" ? register_a : latch_a;

    wire [8:0] pair_b = address_b[13:5];
    wire on_b = CEB && {CSB2, CSB1, CSB0} == 0 && !(RESETMODE == "SYNC" && RSTB);
    wire [35:0] change_b = on_b && WEB ? written(DATA_WIDTH_B, address_b) : 36'd0;
    wire [35:0] given_b = DATA_WIDTH_B == 36 ? both : {18'd0, data_b} << first_bit(DATA_WIDTH_B, address_b);
    wire [35:0] old_b = {memory[{pair_b, 1'b1}], memory[{pair_b, 1'b0}]};
    wire [35:0] new_b = old_b & ~change_b | given_b & change_b;
    wire [35:0] else_b = pair_b == pair_a ? change_a : 36'd0;
    wire [35:0] kept_b = new_b & ~else_b | given_a & else_b;
    wire [35:0] seen_b = (WEB && WRITEMODE_B == "WRITETHROUGH" ? new_b : old_b)
        ^ else_b;
    wire reads_b = on_b && !(WEB && WRITEMODE_B == "NORMAL");
    wire [35:0] out_b = (seen_b & reach(DATA_WIDTH_B, address_b)) >> first_bit(DATA_WIDTH_B, address_b);
    reg [35:0] latch_b, register_b;
    always @(posedge CLKB) begin
        if (change_b[17:0] != 0) memory[{pair_b, 1'b0}] <= kept_b[17:0];
        if (change_b[35:18] != 0) memory[{pair_b, 1'b1}] <= kept_b[35:18];
    end
    generate
        if (RESETMODE == "ASYNC") begin
            always @(posedge CLKB, posedge RSTB)
                if (RSTB) {register_b, latch_b} <= 0;
                else begin
                    if (reads_b) latch_b <= out_b;
                    if (OCEB) register_b <= latch_b;
                end
        end else begin
            always @(posedge CLKB)
                if (RSTB) {register_b, latch_b} <= 0;
                else begin
                    if (reads_b) latch_b <= out_b;
                    if (OCEB) register_b <= latch_b;
                end
        end
    endgenerate
    wire [35:0] shown_b = REGMODE_B == "OUTREG" ? register_b : latch_b;

    assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2,
    DOA1, DOA0} = DATA_WIDTH_B == 36 ? shown_b[17:0] : shown_a[17:0];
    assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2,
    DOB1, DOB0} = DATA_WIDTH_B == 36 ? shown_b[35:18] : shown_b[17:0];
endmodule
