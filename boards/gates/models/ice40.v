// Cells of the iCE40UP5K that Yosys' own models leave empty, describe for event-driven simulators only, or at such length
// that a chip full of them is slow. Those of the last kind are held against Yosys' (tests/test_boards_gates_cells.py).

// A look-up table.
module SB_LUT4(input I0, I1, I2, I3, output O);
    parameter [15:0] LUT_INIT = 0;
    assign O = LUT_INIT[{I3, I2, I1, I0}];
endmodule

// Lattice FPGA-TN-02052. The pin runs at the frequency that the PLL makes of its crystal; boards/gates/pins.py checks
// that its settings make that frequency. It locks after a while.
module SB_PLL40_PAD(input PACKAGEPIN, input RESETB, input BYPASS, output PLLOUTGLOBAL, output LOCK);
    parameter FEEDBACK_PATH = "SIMPLE";
    parameter [3:0] DIVR = 0;
    parameter [6:0] DIVF = 0;
    parameter [2:0] DIVQ = 0;
    parameter [2:0] FILTER_RANGE = 0;
    reg [5:0] waited = 0;
    generate if (FEEDBACK_PATH != "SIMPLE") `REFUSE("the model of SB_PLL40_PAD has no such feedback"); endgenerate
    assign PLLOUTGLOBAL = PACKAGEPIN, LOCK = &waited;
    always @(posedge PACKAGEPIN)
        if (!RESETB) waited <= 0;
        else if (!LOCK) waited <= waited + 1;
endmodule

// Lattice's iCE Technology Library: a pin without registers, input or output; high while nothing drives it.
module SB_IO(inout PACKAGE_PIN, input CLOCK_ENABLE, OUTPUT_ENABLE, D_OUT_0, output D_IN_0);
    parameter [5:0] PIN_TYPE = 0;
    parameter IO_STANDARD = "SB_LVCMOS";
    parameter [0:0] PULLUP = 0;
    assign D_IN_0 = PACKAGE_PIN;
    generate
        if (PIN_TYPE[1:0] != 2'b01) `REFUSE("the model of SB_IO has no registers");
        if (PIN_TYPE[5:2] == 4'b0110) assign PACKAGE_PIN = D_OUT_0;
        else if (PIN_TYPE[5:2] == 4'b1010) assign PACKAGE_PIN = D_OUT_0 || !OUTPUT_ENABLE;
        else if (PIN_TYPE[5:4] != 2'b00) `REFUSE("the model of SB_IO is no such output");
    endgenerate
endmodule

// Lattice FPGA-TN-02022: 16 K words of 16 bits, whose contents are not configured, nor what comes out during a write.
module SB_SPRAM256KA(
    input [13:0] ADDRESS, input [15:0] DATAIN, input [3:0] MASKWREN, input WREN, CHIPSELECT, CLOCK,
    input STANDBY, SLEEP, POWEROFF, output reg [15:0] DATAOUT
);
    reg [15:0] memory [0:16383];  // random in the simulator
    wire [15:0] mask = {{4{MASKWREN[3]}}, {4{MASKWREN[2]}}, {4{MASKWREN[1]}}, {4{MASKWREN[0]}}};
    wire [15:0] word = memory[ADDRESS];
    wire awake = !STANDBY && !SLEEP && POWEROFF;  // POWEROFF is low for off
    always @(posedge CLOCK) begin
        if (awake && CHIPSELECT && WREN) memory[ADDRESS] <= word & ~mask | DATAIN & mask;
        if (!awake || CHIPSELECT) DATAOUT <= awake && !WREN ? word : ~word;
    end
endmodule

// Lattice FPGA-TN-02002: 256 words of 16 bits, with a port to read and one to write, each of 16, 8, 4 or 2 bits. Narrow
// ports use every second, fourth or eighth pin, and the address above bit 8 picks the bits between.
module SB_RAM40_4K(
    output [15:0] RDATA, input RCLK, RCLKE, RE, input [10:0] RADDR,
    input WCLK, WCLKE, WE, input [10:0] WADDR, input [15:0] MASK, WDATA
);
    parameter [1:0] WRITE_MODE = 0, READ_MODE = 0;
    parameter [255:0] INIT_0 = 0, INIT_1 = 0, INIT_2 = 0, INIT_3 = 0, INIT_4 = 0, INIT_5 = 0, INIT_6 = 0, INIT_7 = 0;
    parameter [255:0] INIT_8 = 0, INIT_9 = 0, INIT_A = 0, INIT_B = 0, INIT_C = 0, INIT_D = 0, INIT_E = 0, INIT_F = 0;
    reg [15:0] memory [0:255];
    reg [15:0] latch;
    integer row;
    initial for (row = 0; row < 16; row = row + 1) begin
        memory[row] = INIT_0[row * 16 +: 16];
        memory[16 + row] = INIT_1[row * 16 +: 16];
        memory[32 + row] = INIT_2[row * 16 +: 16];
        memory[48 + row] = INIT_3[row * 16 +: 16];
        memory[64 + row] = INIT_4[row * 16 +: 16];
        memory[80 + row] = INIT_5[row * 16 +: 16];
        memory[96 + row] = INIT_6[row * 16 +: 16];
        memory[112 + row] = INIT_7[row * 16 +: 16];
        memory[128 + row] = INIT_8[row * 16 +: 16];
        memory[144 + row] = INIT_9[row * 16 +: 16];
        memory[160 + row] = INIT_A[row * 16 +: 16];
        memory[176 + row] = INIT_B[row * 16 +: 16];
        memory[192 + row] = INIT_C[row * 16 +: 16];
        memory[208 + row] = INIT_D[row * 16 +: 16];
        memory[224 + row] = INIT_E[row * 16 +: 16];
        memory[240 + row] = INIT_F[row * 16 +: 16];
    end

    // The bits of a word that a port reaches, and its data on all places where they may go.
    function [15:0] reach(input [1:0] mode, input [10:0] address);
        case (mode)
            0: reach = 16'hFFFF;
            1: reach = 16'h5555 << address[8];
            2: reach = 16'h1111 << address[9:8];
            3: reach = 16'h0101 << address[10:8];
        endcase
    endfunction
    wire [15:0] changed = WRITE_MODE == 0 ? ~MASK : reach(WRITE_MODE, WADDR);
    wire [15:0] given =
        WRITE_MODE == 0 ? WDATA :
        WRITE_MODE == 1 ? {{2{WDATA[14]}}, {2{WDATA[12]}}, {2{WDATA[10]}}, {2{WDATA[8]}},
                           {2{WDATA[6]}}, {2{WDATA[4]}}, {2{WDATA[2]}}, {2{WDATA[0]}}} :
        WRITE_MODE == 2 ? {{4{WDATA[13]}}, {4{WDATA[9]}}, {4{WDATA[5]}}, {4{WDATA[1]}}} :
                          {{8{WDATA[11]}}, {8{WDATA[3]}}};
    always @(posedge WCLK)
        if (WE && WCLKE) memory[WADDR[7:0]] <= memory[WADDR[7:0]] & ~changed | given & changed;
    always @(posedge RCLK)
        if (RE && RCLKE) latch <= memory[RADDR[7:0]] & reach(READ_MODE, RADDR);
    assign RDATA =
        READ_MODE == 0 ? latch :
        READ_MODE == 1 ? {1'b0, |latch[15:14], 1'b0, |latch[13:12], 1'b0, |latch[11:10], 1'b0, |latch[9:8],
                          1'b0, |latch[7:6], 1'b0, |latch[5:4], 1'b0, |latch[3:2], 1'b0, |latch[1:0]} :
        READ_MODE == 2 ? {2'b0, |latch[15:12], 3'b0, |latch[11:8], 3'b0, |latch[7:4], 3'b0, |latch[3:0], 1'b0} :
                         {4'b0, |latch[15:8], 7'b0, |latch[7:0], 3'b0};
endmodule
